import { ConfigError, StartupError } from '../startup-errors.ts'
import { type Command, type CommandContext, CommandError, print, UsageError } from './command.ts'
import { usage } from './usage.ts'

const help: Command = async (_args, { stdout }) => print(stdout, usage)

/** Each command is loaded when it runs: the schema alone takes most of a second. */
const commands = new Map<string, () => Promise<Command>>([
  ['serve', async () => (await import('./serve.ts')).serve],
  ['migrate', async () => (await import('./migrate.ts')).migrateCommand],
  ['seed', async () => (await import('./seed.ts')).seed],
  ['token', async () => (await import('./token.ts')).token],
  ['import', async () => (await import('./import.ts')).importCommand],
  ['export', async () => (await import('./export.ts')).exportCommand],
  ['doctor', async () => (await import('./doctor.ts')).doctor],
  ['schema', async () => (await import('./schema.ts')).schemaCommand],
  ['help', async () => help],
])

/** Runs a command line. Returns its exit code: 2 for an invalid command line or configuration, 1 for other failures. */
export async function run([first = 'serve', ...rest]: readonly string[], context: CommandContext): Promise<number> {
  try {
    const isOption = first.startsWith('-')
    const name = [first, ...rest].some((argument) => /^--?h(elp)?$/.test(argument))
      ? 'help'
      : isOption
        ? 'serve'
        : first
    const command = await commands.get(name)?.()
    if (!command) throw new UsageError(`Unknown command "${name}".\n\n${usage}`)
    await command(isOption ? [first, ...rest] : rest, context)
    return 0
  } catch (error) {
    print(context.stderr, textOf(error))
    return isUsage(error) ? 2 : 1
  }
}

const isUsage = (error: unknown) =>
  error instanceof UsageError ||
  error instanceof ConfigError ||
  (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const isExpected = isUsage(error) || error instanceof CommandError || error instanceof StartupError
  return isExpected ? error.message : (error.stack ?? error.message)
}
