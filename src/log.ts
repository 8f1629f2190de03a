import { destination, type Logger, pino } from 'pino'
import type { Config } from './config.ts'

/** Logs JSON lines, or readable text in a terminal outside of production. */
export async function createLog(
  { production, logLevel }: Config,
  output: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly fd?: number },
): Promise<Logger> {
  const options = { level: logLevel, base: null }
  // Pino writes to a descriptor faster than to a stream.
  if (production || !output.isTTY) return pino(options, output.fd === undefined ? output : destination(output.fd))
  const { default: pretty } = await import('pino-pretty')
  return pino(options, pretty({ ignore: 'requestId', singleLine: true, sync: true, destination: output.fd ?? 1 }))
}
