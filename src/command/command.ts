import { Console } from 'node:console'

/** Satisfied by `process`. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  /** Receives the result of a command and nothing else, so that it can be redirected. */
  readonly stdout: Output
  readonly stderr: Output
}

export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly fd?: number }

/** Exit code 2. */
export class UsageError extends Error {}

/** Exit code 1. */
export class CommandError extends Error {}

/** Prints a line. Ignores a closed pipe, such as that of `head`. */
export const print = (output: Output, text: string): void => new Console(output).info(text)

export const printJson = (output: Output, value: unknown): void => print(output, JSON.stringify(value, null, 2))
