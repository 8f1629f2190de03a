/** Printed by `help`. Apart from the commands, so that printing it loads none of them. */
export const usage = `snaglist [command]

  serve                    start the server (what happens without a command)
  migrate                  bring the database up to date
  seed                     fill an empty database with the demo
  token --user NAME        make an access token for a user and print it
        [--name TEXT]      what it is for
        [--read-only]      for queries alone
        [--days N]         how long it lasts; without end when left out
  import FILE              import tickets from a CSV file: see docs/importing.md
        --project KEY      into which project
        --kind KIND        issue or defect
        [--map FROM=TO]    a column and the field it goes to, such as issuekey=externalKey; again for each
        [--ignore COLUMN]  a column to leave out; again for each
        [--value FIELD:FROM=TO]  replace a value of a field, such as severity:Moderate=MAJOR; repeatable
        [--date-format F]  how dates are written, such as M/D/YYYY, when not in ISO 8601
        [--create-labels]  make labels that the project does not have
        [--skip-faulty]    import the good rows, and write the others beside the file
        [--dry-run]        check the file without changing anything
  export                   write tickets as CSV, which imports again
        [--project KEY]    of one project, by number; of all, when left out
        [--filter JSON]    which: a TicketFilter such as '{"kind":"DEFECT"}'
        [--format jsonl]   as lines of JSON
        [--out FILE]       into a file
  doctor                   check the configuration, the database and this machine
  schema                   print the schema in GraphQL's own language

import and export work on a server, with --url URL --token TOKEN, or on the configured database, with --as ADMIN.

Settings come from the environment and from the file .env; .env.example lists them.
`
