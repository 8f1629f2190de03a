import { type ImportFieldKey, importField, importFieldKeys } from '../import-file/field.parser.ts'

const snakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** The column of import_rows with the values of a field. */
export const stagingColumn = (field: ImportFieldKey) => snakeCase(importField(field).name)

/** The fields with a column in import_rows. */
export const stagedFields = importFieldKeys.filter((field) => field !== 'KIND')

/** The columns of import_rows with their PostgreSQL types. */
export const stagingColumns: Readonly<Record<string, string>> = {
  row: 'integer',
  errors: 'jsonb',
  first_line: 'text',
  ...Object.fromEntries(stagedFields.map((field) => [stagingColumn(field), importField(field).type])),
}
