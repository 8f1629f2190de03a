import { destination, type Logger, pino } from 'pino'
import type { Config } from './config.ts'

/** The log: JSON lines, or in a terminal outside of production lines to read. */
export async function createLog(
  { production, logLevel }: Config,
  output: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly fd?: number },
): Promise<Logger> {
  const options = { level: logLevel, base: null }
  // By its descriptor pino writes faster than through the stream.
  if (production || !output.isTTY) return pino(options, output.fd === undefined ? output : destination(output.fd))
  const { default: pretty } = await import('pino-pretty')
  return pino(options, pretty({ ignore: 'requestId', singleLine: true, sync: true }))
}
