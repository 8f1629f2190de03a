import { builder } from '../builder.ts'
import { ImportField } from './import.type.ts'

export const ImportColumnInput = builder.inputType('ImportColumn', {
  description: 'A mapping from a column to a field. Several mappings may use the same column.',
  fields: (t) => ({
    from: t.string({
      required: true,
      description: 'Header of the column. Without such a column, case, spaces and punctuation are ignored.',
    }),
    to: t.field({ type: ImportField, required: true, description: 'Field to import the column into.' }),
  }),
})

export const ImportValueInput = builder.inputType('ImportValue', {
  description: 'A replacement for a value of the file, applied before the value is parsed.',
  fields: (t) => ({
    column: t.field({
      type: ImportField,
      required: true,
      description: 'Field in which to replace the value. Cannot be IGNORE.',
    }),
    from: t.string({
      required: true,
      description: 'Whole value of a cell, case-insensitive, at most 1000 characters.',
    }),
    to: t.string({ required: true, description: 'Value to import instead. An empty text is no value.' }),
  }),
})

export const ImportErrorPolicy = builder.enumType('ImportErrorPolicy', {
  description: 'Handling of a file in which some rows have errors.',
  values: {
    REJECT_ALL: { description: 'No row is imported.' },
    SKIP: {
      description:
        'Rows without errors are imported, the others are returned in `Import.rejectedRows`. A file with an invalid header or CSV syntax is rejected.',
    },
  } as const,
})

export const ImportUserInput = builder.inputType('ImportUser', {
  description: 'A mapping from a person in the file to a user.',
  fields: (t) => ({
    from: t.string({
      required: true,
      description: 'Whole cell, or the name or the address of "Ada Lovelace <ada@example.com>". Case-insensitive.',
    }),
    to: t.string({ required: true, description: 'Username of the user. An empty text assigns no user.' }),
  }),
})

export const UnknownUserPolicy = builder.enumType('UnknownUserPolicy', {
  description: 'Handling of assignees and reporters who are not users.',
  values: {
    REJECT: { description: 'The row has an error.' },
    DESCRIBE: {
      description: 'The ticket is not assigned, and the imported description names the person, with a warning.',
    },
  } as const,
})
