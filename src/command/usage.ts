export const usage = `Usage: snaglist [command]

  serve                    start the server (default)
  migrate                  apply pending migrations to the database
  seed                     fill an empty database with demo data
  token --user NAME        create an access token for a user and print it
        [--name TEXT]      name of the token
        [--read-only]      allow queries only
        [--days N]         days until it expires; never by default
  import FILE              import tickets from a CSV file: see docs/importing.md
        --project KEY      project to import into
        [--kind KIND]      issue or defect, unless the file has a column "kind"
        [--from TRACKER]   file of jira, github, gitlab, linear, redmine, mantis, bugzilla or azure-devops
        [--map FROM=TO]    map a column to a field, such as issuekey=externalKey; repeatable
        [--ignore COLUMN]  ignore a column; repeatable
        [--ignore-unmapped]  ignore all columns that are neither mapped nor named like a field
        [--value FIELD:FROM=TO]  replace a value of a field, such as "severity:Grade 2=MAJOR"; repeatable
        [--user NAME=USERNAME]  map a person to a user, such as "Ada Lovelace=ada"; repeatable
        [--unknown-users P]  reject people who are not users, or describe: add their names to the description
        [--date-format F]  format of dates that are not in ISO 8601, such as M/D/YYYY
        [--date-locale L]  language of the names of months, such as de
        [--time-zone ZONE] time zone of times without an offset, such as Europe/Berlin; UTC by default
        [--list-separator C]  separator of labels; detected by default
        [--truncate]       cut titles and descriptions that are too long
        [--create-labels]  create labels that the project does not have
        [--skip-faulty]    import the rows without errors, write the others to a .rejected.csv file
        [--dry-run]        check the file without changing anything
  export                   write tickets as CSV, in a format that import reads
        [--project KEY]    tickets of one project, ordered by number; all projects by default
        [--filter JSON]    tickets that match a TicketFilter, such as '{"kind":"DEFECT"}'
        [--bom]            begin with a byte order mark, for Excel
        [--format jsonl]   write JSON Lines instead of CSV
        [--out FILE]       write to a file instead of standard output
  doctor                   check the configuration, the database and this machine
  schema                   print the GraphQL schema (SDL)
  help                     print this text

import and export require a server (--url URL --token TOKEN) or the configured database (--as USERNAME, an ADMIN).

Settings are environment variables, which the file .env can also set; .env.example lists them.
`
