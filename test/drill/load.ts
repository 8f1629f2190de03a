import { setTimeout as wait } from 'node:timers/promises'
import { Client } from './client.ts'
import { Ledger } from './ledger.ts'
import { prepareStock, sendAny } from './requests.ts'
import type { Served } from './served.ts'

const clients = 24

/** Clients who ask a server without end. */
export interface Load {
  readonly ledger: Ledger
  /** Lets them finish what they have begun. Throws where one of them could not go on. */
  readonly stop: () => Promise<void>
}

/**
 * Fills an empty server with what the load is about, and lets clients ask it for reads and writes, each with a pause of
 * so many milliseconds on average between two requests.
 */
export async function startLoad(served: Served, pause = 80): Promise<Load> {
  const ledger = new Ledger()
  const first = new Client(served, ledger)
  const stock = await prepareStock(first)
  let stopping = false
  const ask = async () => {
    const client = new Client(served, ledger)
    client.token = first.token
    while (!stopping) {
      await sendAny(client, stock)
      await wait(Math.random() * 2 * pause)
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
