import type { TicketKind } from '../../prisma/generated/client.ts'
import { isBlank, toNormalForm, toStorableText } from '../normal-form.ts'
import type { ImportedColumn } from '../rows.ts'
import { exportOnlyHeaders, type ImportFieldKey, importField, importFieldKeys } from './field.parser.ts'
import { foldName, suggestNames } from './name-match.parser.ts'
import type { PresetColumn, ValueReplacement } from './preset.parser.ts'

/** `column` is null if the whole row is invalid. */
export interface CellError {
  readonly column: string | null
  readonly value: string | null
  readonly message: string
}

export interface FileFormat {
  /** Null if a column states the kind of each row. */
  readonly kind: TicketKind | null
  /** Columns whose header is the name of a field need no entry. */
  readonly columns: readonly { readonly from: string; readonly to: ImportFieldKey | 'IGNORE' }[]
  readonly presetColumns: readonly PresetColumn[]
  readonly ignoreUnmapped: boolean
  readonly values: readonly ValueReplacement[]
  readonly presetValues: readonly ValueReplacement[]
  readonly users: readonly { readonly from: string; readonly to: string }[]
  /** Formats in addition to ISO 8601. */
  readonly dateFormats: readonly string[]
  readonly dateLocale: string | null
  readonly timeZone: string
  /** Null to detect it. */
  readonly listSeparator: string | null
  /** Separator of the assignees in a cell; null if a cell contains one. */
  readonly severalPeople: string | null
  readonly truncate: boolean
}

/** A column that a field is read from; of several, the first one with a value. */
export interface FieldSource {
  readonly index: number
  /** True if an unknown value is no error. */
  readonly isOptional: boolean
}

export interface FileHeader {
  /** A column without a name is called "column 3", counted from 1. */
  readonly names: readonly string[]
  readonly fields: ReadonlyMap<ImportFieldKey, readonly FieldSource[]>
  /** Indexes of the columns without a name that are neither mapped nor ignored. */
  readonly unnamed: readonly number[]
  readonly errors: readonly CellError[]
}

const keyByName = new Map(importFieldKeys.map((key) => [foldName(importField(key).name), key]))
const ignoredNames = new Set(exportOnlyHeaders.map(foldName))

/** Each suggestion compares a name with all columns. */
const maxSuggestions = 20

/** Mappings precede the columns of the preset. Without a preset, the other columns are fields of the same name. */
export function parseHeader(record: readonly string[], format: FileFormat): FileHeader {
  const columnCount = record.findLastIndex((name) => !isBlank(name)) + 1
  const names = record
    .slice(0, columnCount)
    .map((name, index) => toStorableText(toNormalForm(name).trim()) || `column ${index + 1}`)
  const fields = new Map<ImportFieldKey, FieldSource[]>()
  const errors: CellError[] = []
  const unnamed: number[] = []
  const addError = (column: string, message: string) =>
    errors.push({ column: toStorableText(column), value: null, message })
  const addSource = (field: ImportFieldKey, source: FieldSource, isRepeatable: boolean) => {
    const sources = fields.get(field) ?? []
    if (isRepeatable || sources.every(({ index }) => index === source.index)) fields.set(field, [...sources, source])
    else {
      const other = names[sources[0]?.index ?? 0]
      addError(names[source.index] ?? '', `is mapped to ${importField(field).name}, as is the column ${other}`)
    }
  }

  // An exact name precedes those that differ in case and signs: "C", "C++" and "C#" are columns of their own.
  const exactIndexes = groupIndexes(names)
  const foldedIndexes = groupIndexes(names.map(foldName))
  const indexesOf = (name: string): readonly number[] =>
    exactIndexes.get(toNormalForm(name).trim()) ?? foldedIndexes.get(foldName(name)) ?? []
  const mappedIndexes = new Set<number>()
  for (const [to, mappings] of Map.groupBy(format.columns, (mapping) => mapping.to))
    for (const index of new Set(mappings.flatMap(({ from }) => indexesOf(from)))) {
      mappedIndexes.add(index)
      if (to !== 'IGNORE') addSource(to, { index, isOptional: false }, to === 'LABELS')
    }
  const mappedFields = new Set(fields.keys())
  mappedFields.delete('LABELS')
  for (const { from, to, isOptional = false } of format.presetColumns) {
    const isOfKind = importField(to).onlyFor !== 'DEFECT' || format.kind !== 'ISSUE'
    if (mappedFields.has(to) || !isOfKind) continue
    for (const index of indexesOf(from)) if (!mappedIndexes.has(index)) addSource(to, { index, isOptional }, true)
  }
  const titles = format.presetColumns.filter(({ to }) => to === 'TITLE').map(({ from }) => from)
  if (titles.length > 0 && !fields.has('TITLE'))
    addError(titles[0] ?? '', 'is not a column of the file: check its language, or map a column to title')
  if (format.presetColumns.length === 0)
    names.forEach((name, index) => {
      if (mappedIndexes.has(index)) return
      const field = keyByName.get(foldName(name))
      if (field) addSource(field, { index, isOptional: false }, field === 'LABELS')
      else if (format.ignoreUnmapped || ignoredNames.has(foldName(name))) return
      else if (isBlank(record[index] ?? '')) unnamed.push(index)
      else {
        const fieldNames = importFieldKeys.map((key) => importField(key).name)
        const suggestions = suggestNames(name, fieldNames)
        addError(name, `is not the name of a field: map the column to a field or to IGNORE${suggestions}`)
      }
    })
  const missingNames = format.columns.map(({ from }) => from).filter((from) => indexesOf(from).length === 0)
  for (const [index, from] of [...new Set(missingNames)].entries())
    addError(from, `is not a column of the file${index < maxSuggestions ? suggestNames(from, names) : ''}`)
  return { names, fields, unnamed, errors }
}

const groupIndexes = (names: readonly string[]): ReadonlyMap<string, readonly number[]> =>
  new Map(
    [...Map.groupBy(names.entries(), ([, name]) => name)].map(([name, entries]) => [
      name,
      entries.map(([index]) => index),
    ]),
  )

/** The columns of the file, with the fields that they are imported into; none for an ignored column. */
export const columnUses = ({ names, fields }: FileHeader): ImportedColumn[] =>
  names.map((name, index) => ({
    name,
    fields: [...fields].filter(([, sources]) => sources.some((source) => source.index === index)).map(([key]) => key),
  }))
