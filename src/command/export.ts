import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { clientOptions, dataOf, withClient } from './client.ts'
import { type Command, CommandError, UsageError } from './command.ts'

export const exportCommand: Command = async (args, context) => {
  const { values } = parseArgs({
    args,
    options: {
      ...clientOptions,
      project: { type: 'string' },
      filter: { type: 'string' },
      format: { type: 'string', default: 'csv' },
      bom: { type: 'boolean', default: false },
      out: { type: 'string' },
    },
  })
  if (values.format !== 'csv' && values.format !== 'jsonl')
    throw new UsageError(`--format must be csv or jsonl (got "${values.format}").`)
  const parameters = new URLSearchParams()
  if (values.project) parameters.set('project', values.project)
  if (values.filter) parameters.set('filter', values.filter)
  if (values.bom) parameters.set('bom', 'true')
  await withClient(values, context, async (send) => {
    const response = await send(`/export/tickets.${values.format}?${parameters}`)
    if (response.status !== 200) await dataOf(response)
    if (!response.body) throw new CommandError(`The server returned status ${response.status} without a body.`)
    const out = values.out === undefined ? context.stdout : createWriteStream(values.out)
    await pipeline(response.body as AsyncIterable<Uint8Array>, out, { end: values.out !== undefined })
  })
}
