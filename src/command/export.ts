import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { clientOptions, dataOf, withClient } from './client.ts'
import { type Command, CommandFailed, UsageError } from './command.ts'

/** Writes the tickets that a filter lets through. */
export const exportCommand: Command = async (args, io) => {
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
  await withClient(values, io, async (ask) => {
    const response = await ask(`/export/tickets.${values.format}?${chosen}`)
    if (response.status !== 200) await dataOf(response)
    if (!response.body) throw new CommandFailed(`The server answers ${response.status}, and nothing.`)
    const out = values.out === undefined ? io.stdout : createWriteStream(values.out)
    await pipeline(response.body as AsyncIterable<Uint8Array>, out, { end: values.out !== undefined })
  })
}
