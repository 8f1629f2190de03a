import { Console } from 'node:console'

/** The environment and the output streams of a command; `process` is one. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: Output
  readonly stderr: Output
}

export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly fd?: number }

export type Command = (args: string[], io: Io) => Promise<void>

/** An invalid command line: exit code 2. */
export class UsageError extends Error {}

/** An expected failure: exit code 1. */
export class CommandError extends Error {}

/** Prints a line. Ignores a closed pipe, such as that of `head`. */
export const print = (output: Output, text: string): void => new Console(output).info(text)
