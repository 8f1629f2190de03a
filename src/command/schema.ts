import { printSortedSchema } from '../schema.ts'
import type { CommandContext } from './command.ts'

export const schemaCommand = ({ stdout }: CommandContext): void => void stdout.write(printSortedSchema())
