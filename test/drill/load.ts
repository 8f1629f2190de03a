import { setTimeout as wait } from 'node:timers/promises'
import { Client } from './client.ts'
import { Ledger } from './ledger.ts'
import { prepareStock, sendAny } from './requests.ts'
import type { Served } from './served.ts'

/** Between two requests of a client: what they ask for together then depends on the server less than on them. */
const pauseMilliseconds = 80

/** Clients who ask a server without end. */
export interface Load {
  readonly ledger: Ledger
  /** Lets them finish what they have begun. Throws where one of them could not go on. */
  readonly stop: () => Promise<void>
}

/** Fills an empty server with what the load is about, and lets clients ask it for reads and writes. */
export async function startLoad(served: Served, clients = 24): Promise<Load> {
  const ledger = new Ledger()
  const first = new Client(served, ledger)
  const stock = await prepareStock(first)
  let stopping = false
  const ask = async () => {
    const client = new Client(served, ledger)
    client.token = first.token
    while (!stopping) {
      await sendAny(client, stock)
      await wait(Math.random() * 2 * pauseMilliseconds)
    }
  }
  const all = Promise.all(Array.from({ length: clients }, ask))
  all.catch(() => {}) // `stop` throws it.
  return {
    ledger,
    async stop() {
      stopping = true
      await all
    },
  }
}
