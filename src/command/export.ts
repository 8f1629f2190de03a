import { createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { clientOptions, dataOf, withClient } from './client.ts'
import { CommandFailed, UsageError } from './command.ts'

export const exportUsage = `  export                   write tickets as CSV, which imports again
        [--project KEY]    of one project, by number; of all, when left out
        [--filter JSON]    which: a TicketFilter such as '{"kind":"DEFECT"}'
        [--format jsonl]   as lines of JSON
        [--out FILE]       into a file
`

/** Writes the tickets that a filter lets through. */
export async function exportCommand(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      ...clientOptions,
      project: { type: 'string' },
      filter: { type: 'string' },
      format: { type: 'string', default: 'csv' },
      out: { type: 'string' },
    },
  })
  if (values.format !== 'csv' && values.format !== 'jsonl') throw new UsageError('--format is csv or jsonl.')
  const chosen = new URLSearchParams()
  if (values.project) chosen.set('project', values.project)
  if (values.filter) chosen.set('filter', values.filter)
  await withClient(values, async (ask) => {
    const response = await ask(`/export/tickets.${values.format}?${chosen}`)
    if (response.status !== 200) await dataOf(response)
    if (!response.body) throw new CommandFailed(`The server answers ${response.status}, and nothing.`)
    const out: Writable = values.out === undefined ? process.stdout : createWriteStream(values.out)
    await pipeline(response.body as AsyncIterable<Uint8Array>, out, { end: values.out !== undefined })
  })
}
