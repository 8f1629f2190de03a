import { CommanderError } from '@commander-js/extra-typings'
import { ConfigError, StartupError } from '../startup-errors.ts'
import { type CommandContext, CommandError, print, UsageError } from './command.ts'
import { createProgram } from './program.ts'

/** Runs a command line. Returns its exit code: 2 for an invalid command line or configuration, 1 for other failures. */
export async function run(args: readonly string[], context: CommandContext): Promise<number> {
  try {
    await createProgram(context).parseAsync(args.length === 0 ? ['serve'] : args, { from: 'user' })
    return 0
  } catch (error) {
    // Its message, or the help text, is already printed.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    print(context.stderr, textOf(error))
    return isUsage(error) ? 2 : 1
  }
}

const isUsage = (error: unknown): boolean => error instanceof UsageError || error instanceof ConfigError

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const isExpected = isUsage(error) || error instanceof CommandError || error instanceof StartupError
  return isExpected ? error.message : (error.stack ?? error.message)
}
