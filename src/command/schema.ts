import { parseArgs } from 'node:util'
import { printSortedSchema } from '../schema.ts'
import type { Command } from './command.ts'

export const schemaCommand: Command = async (args, { stdout }) => {
  parseArgs({ args, options: {} })
  stdout.write(printSortedSchema())
}
