import { type ImportFieldKey, importField, importFieldKeys } from '../import-file/field.parser.ts'

const snakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

export const stagingColumn = (field: ImportFieldKey) => snakeCase(importField(field).name)

export const stagingColumns: Readonly<Record<string, string>> = {
  row: 'integer',
  errors: 'jsonb',
  warnings: 'jsonb',
  first_line: 'text',
  whole_title: 'text',
  notes: 'text',
  ...Object.fromEntries(importFieldKeys.map((field) => [stagingColumn(field), importField(field).type])),
}
