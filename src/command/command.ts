import { Console } from 'node:console'

/** Where a command reads its settings and where its text goes. `process` is one. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: Output
  readonly stderr: Output
}

export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly fd?: number }

/** Does its work, or throws. */
export type Command = (args: string[], io: Io) => Promise<void>

/** A wrong command line. */
export class UsageError extends Error {}

/** A command that did not do what it was to do, in words for whoever gave it. */
export class CommandFailed extends Error {}

/** Prints a line. A reader that has gone, such as `head`, is no error. */
export const print = (output: Output, text: string): void => new Console(output).info(text)
