import { type ImportFieldKey, importField, importFieldKeys } from '../import-file/field.parser.ts'

const snakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

export const stagingColumn = (field: ImportFieldKey) => snakeCase(importField(field).name)

export const stagedFields = importFieldKeys.filter((field) => field !== 'KIND')

export const stagingColumns: Readonly<Record<string, string>> = {
  row: 'integer',
  errors: 'jsonb',
  first_line: 'text',
  ...Object.fromEntries(stagedFields.map((field) => [stagingColumn(field), importField(field).type])),
}
