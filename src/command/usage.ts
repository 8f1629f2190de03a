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
        --kind KIND        issue or defect
        [--map FROM=TO]    map a column to a field, such as issuekey=externalKey; repeatable
        [--ignore COLUMN]  ignore a column; repeatable
        [--value FIELD:FROM=TO]  replace a value of a field, such as "severity:Grade 2=MAJOR"; repeatable
        [--date-format F]  format of dates, such as M/D/YYYY; ISO 8601 by default
        [--create-labels]  create labels that the project does not have
        [--skip-faulty]    import the rows without errors, write the others to a .rejected.csv file
        [--dry-run]        check the file without changing anything
  export                   write tickets as CSV, in a format that import reads
        [--project KEY]    tickets of one project, ordered by number; all projects by default
        [--filter JSON]    tickets that match a TicketFilter, such as '{"kind":"DEFECT"}'
        [--format jsonl]   write JSON Lines instead of CSV
        [--out FILE]       write to a file instead of standard output
  doctor                   check the configuration, the database and this machine
  schema                   print the GraphQL schema (SDL)
  help                     print this text

import and export require a server (--url URL --token TOKEN) or the configured database (--as USERNAME, an ADMIN).

Settings are environment variables, which the file .env can also set; .env.example lists them.
`
