import { existsSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { reasonOf } from '../startup-errors.ts'
import { type ClientOptions, dataOf, withClient } from './client.ts'
import { type CommandContext, CommandError, print, printJson, UsageError } from './command.ts'
import { writeWholeFile } from './output-file.ts'

interface ExportOptions extends ClientOptions {
  readonly project?: string | undefined
  readonly filter?: string | undefined
  readonly format: Format
  readonly bom?: true | undefined
  readonly out?: string | undefined
  readonly force?: true | undefined
  readonly json?: true | undefined
}

type Format = 'csv' | 'jsonl'
type Chunks = AsyncIterable<Uint8Array>

export async function exportCommand(options: ExportOptions, context: CommandContext): Promise<void> {
  const { project, filter, format, bom, out, force, json } = options
  const { stdout, stderr } = context
  if (json && out === undefined) throw new UsageError('--json requires --out: otherwise the tickets are the output.')
  if (out !== undefined && !force && existsSync(out))
    throw new UsageError(`The file ${out} already exists. Use --force to overwrite it.`)
  const parameters = new URLSearchParams({
    ...(project && { project }),
    ...(filter && { filter }),
    ...(bom && { bom: 'true' }),
  })
  await withClient(options, context, async (send) => {
    const response = await send(`/export/tickets.${format}?${parameters}`)
    if (response.status !== 200) await dataOf(response)
    if (!response.body) throw new CommandError(`The server returned status ${response.status} without a body.`)
    const body = withTransferError(response.body as Chunks)
    if (out === undefined) return writeToPipe(body, stdout)
    const counter = new TicketCounter(format)
    await writeWholeFile(out, counter.count(body))
    const { ticketCount } = counter
    if (json) printJson(stdout, { file: out, format, ticketCount })
    print(stderr, `${ticketCount} ${ticketCount === 1 ? 'ticket was' : 'tickets were'} written to ${out}.`)
  })
}

async function* withTransferError(body: Chunks): Chunks {
  try {
    yield* body
  } catch (error) {
    throw new CommandError(`The export was interrupted: ${reasonOf(error)}. Its output is incomplete.`)
  }
}

/** Ends without an error if the reader closes the pipe, as `head` does. */
async function writeToPipe(body: Chunks, output: NodeJS.WritableStream): Promise<void> {
  try {
    await pipeline(body, output, { end: false })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
  }
}

const lineFeed = 0x0a
const quote = 0x22

class TicketCounter {
  private lineCount = 0
  private isQuoted = false
  private readonly format: Format

  constructor(format: Format) {
    this.format = format
  }

  /** The first line of CSV is its header. */
  get ticketCount(): number {
    return this.format === 'csv' ? this.lineCount - 1 : this.lineCount
  }

  /** Quoted fields of CSV can contain line feeds; strings in JSON cannot. */
  async *count(chunks: Chunks): Chunks {
    for await (const chunk of chunks) {
      for (const byte of chunk)
        if (byte === quote) this.isQuoted = this.format === 'csv' && !this.isQuoted
        else if (byte === lineFeed && !this.isQuoted) this.lineCount++
      yield chunk
    }
  }
}
