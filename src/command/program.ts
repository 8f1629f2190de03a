import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings'
import { version } from '../version.ts'
import type { CommandContext } from './command.ts'

const helpWidth = 100

const exitCodes = `
Exit codes:
  0  success
  1  failure, such as a rejected import, a failed check or an unreachable server
  2  invalid command line or configuration
`

const examples: Readonly<Record<string, string>> = {
  token: '  TOKEN=$(snaglist token --user ada --name backup --read-only --days 365)',
  'reset-password': `  snaglist reset-password ada                   # asks for the password
  snaglist reset-password ada < new-password    # reads it from a file`,
  import: `  snaglist import issues.csv --project CORE --kind issue --url http://localhost:4000 --token snag_… --dry-run
  snaglist import jira.csv --project CORE --from jira --user "Ada Lovelace=ada" --as ada

docs/importing.md describes the files.`,
  export: `  snaglist export --project CORE --as ada > core.csv
  snaglist export --filter '{"kind":"DEFECT"}' --format jsonl --out defects.jsonl --url http://localhost:4000 --token snag_…`,
}

/** Each command is loaded when it runs: the schema alone takes most of a second. */
export function createProgram(context: CommandContext) {
  const { stdout, stderr } = context
  const program = new Command('snaglist')
    .description('A GraphQL API server for production defects and software issues.')
    .usage('[command] [options]')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) => write(toSentence(text)),
      getOutHelpWidth: () => helpWidth,
      getErrHelpWidth: () => helpWidth,
    })
    .addHelpText(
      'after',
      `${exitCodes}
Results are written to standard output; logs, progress and errors to standard error. Settings are
environment variables, which the file .env can also set: docs/configuration.md lists them.`,
    )

  program
    .command('serve')
    .description('start the server (default)')
    .action(async () => (await import('./serve.ts')).serve(context))

  program
    .command('migrate')
    .description('apply pending migrations to the database')
    .action(async () => (await import('./migrate.ts')).migrateCommand(context))

  program
    .command('seed')
    .description('fill an empty database with demo data')
    .action(async () => (await import('./seed.ts')).seed(context))

  program
    .command('token')
    .description('create an access token for a user and print it')
    .requiredOption('--user <username>', 'owner of the token')
    .option('--name <text>', 'name of the token', 'from the command line')
    .option('--read-only', 'allow queries only')
    .option('--days <number>', 'days until it expires; never by default', parseDays)
    .option('--json', 'print the id, the secret and the time of expiry as JSON')
    .action(async (options) => (await import('./token.ts')).token(options, context))

  program
    .command('reset-password')
    .description('set a new password for a user who forgot it, and end their sessions and access tokens')
    .argument('<username>', 'active user')
    .action(async (username) => (await import('./reset-password.ts')).resetPasswordCommand(username, context))

  clientCommand(program, 'import')
    .description('import tickets from a CSV file')
    .argument('<file>', 'CSV file')
    .requiredOption('--project <key>', 'project to import into')
    .option('--kind <kind>', 'issue or defect, unless the file has a column "kind"')
    .option('--from <tracker>', 'file of jira, github, gitlab, linear, redmine, mantis, bugzilla or azure-devops')
    .option('--map <column=field>', 'map a column to a field, such as issuekey=externalKey; repeatable', collect)
    .option('--ignore <column>', 'ignore a column; repeatable', collect)
    .option('--ignore-unmapped', 'ignore all columns that are neither mapped nor named like a field')
    .option(
      '--value <field:from=to>',
      'replace a value of a field, such as "severity:Grade 2=MAJOR"; repeatable',
      collect,
    )
    .option('--user <name=username>', 'map a person to a user, such as "Ada Lovelace=ada"; repeatable', collect)
    .option('--unknown-users <policy>', 'reject people who are not users, or describe: add names to the description')
    .option('--date-format <format>', 'format of dates that are not in ISO 8601, such as M/D/YYYY')
    .option('--date-locale <locale>', 'language of the names of months, such as de')
    .option('--time-zone <zone>', 'time zone of times without an offset, such as Europe/Berlin', 'UTC')
    .option('--list-separator <character>', 'separator of labels; detected by default')
    .option('--truncate', 'cut titles and descriptions that are too long')
    .option('--create-labels', 'create labels that the project does not have')
    .option('--skip-faulty', 'import the rows without errors, write the others to a .rejected.csv file')
    .option('--dry-run', 'check the file without changing anything')
    .option('--json', 'print the report as JSON')
    .action(async (file, options) => (await import('./import.ts')).importCommand(file, options, context))

  clientCommand(program, 'export')
    .description('write tickets as CSV or JSON Lines, in a format that import reads')
    .option('--project <key>', 'tickets of one project, ordered by number; all projects by default')
    .option('--filter <json>', `tickets that match a TicketFilter, such as '{"kind":"DEFECT"}'`)
    .addOption(
      new Option('--format <format>', 'output format').choices(['csv', 'jsonl'] as const).default('csv' as const),
    )
    .option('--bom', 'begin with a byte order mark, for Excel')
    .option('--out <file>', 'write to a file instead of standard output')
    .option('--force', 'overwrite the file if it exists')
    .option('--json', 'print the number of tickets as JSON; requires --out')
    .action(async (options) => (await import('./export.ts')).exportCommand(options, context))

  program
    .command('doctor')
    .description('check the configuration, the database and this machine')
    .option('--json', 'print the results of all checks as JSON')
    .option('--restored', 'after the restore of a backup: expire the cursors of the feed of changes')
    .action(async (options) => (await import('./doctor.ts')).doctor(options, context))

  program
    .command('schema')
    .description('print the GraphQL schema (SDL)')
    .action(async () => (await import('./schema.ts')).schemaCommand(context))

  for (const command of program.commands) {
    command.showHelpAfterError(`Run "snaglist help ${command.name()}" for its options.`)
    const text = examples[command.name()]
    if (text) command.addHelpText('after', `\nExamples:\n${text}`)
  }
  return program.showHelpAfterError('Run "snaglist help" for the list of commands.')
}

/** A command that calls a running server, or an app in this process that uses the configured database. */
const clientCommand = (program: Command, name: string) =>
  program
    .command(name)
    .option('--url <url>', 'server to use, such as http://localhost:4000; requires --token')
    .option('--token <token>', 'access token for that server')
    .option('--as <username>', 'user with the role ADMIN, to use the configured database without a server')

/** Commander writes messages as in "error: unknown option '--fast'". */
const toSentence = (text: string) =>
  text.replace(/^error: (.)(.*?)\.?$/m, (_, first: string, rest: string) => `${first.toUpperCase()}${rest}.`)

const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value]

function parseDays(text: string): number {
  const days = Number(text)
  if (!(days > 0 && days <= 36_500)) throw new InvalidArgumentError('It must be a positive number up to 36500.')
  return days
}
