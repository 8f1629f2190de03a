import { setTimeout as wait } from 'node:timers/promises'
import { Client } from './client.ts'
import { Ledger } from './ledger.ts'
import { prepareStock, type Stock, sendAny } from './requests.ts'
import type { ServerProcess } from './server-process.ts'

const clients = 24

/** Clients that send requests until they are stopped. */
export interface Load {
  readonly ledger: Ledger
  /** Of the user that owns the tickets. */
  readonly token: string
  readonly stock: Stock
  /** Completes pending requests. Throws the error of a client. */
  readonly stop: () => Promise<void>
}

/**
 * Fills an empty server and starts clients. `pause` is the mean time between two requests of a client in
 * milliseconds.
 */
export async function startLoad(server: ServerProcess, pause = 80): Promise<Load> {
  const ledger = new Ledger()
  const first = new Client(server, ledger)
  const stock = await prepareStock(first)
  let stopping = false
  const runClient = async () => {
    const client = new Client(server, ledger)
    client.token = first.token
    while (!stopping) {
      await sendAny(client, stock)
      await wait(Math.random() * 2 * pause)
    }
  }
  const all = Promise.all(Array.from({ length: clients }, runClient))
  all.catch(() => {}) // `stop` throws it.
  return {
    ledger,
    token: first.token,
    stock,
    async stop() {
      stopping = true
      await all
    },
  }
}
