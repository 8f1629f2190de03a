import type { HistoryEvent, Import, Project, Token, User } from '../prisma/generated/client.ts'
import type PrismaTypes from '../prisma/generated/pothos.ts'

/**
 * A change of one field as the history of a ticket stores it: names of users and labels, values of enums, times in ISO
 * 8601; null for no value.
 */
export interface FieldChange {
  readonly field: string
  readonly from: string | null
  readonly to: string | null
}

/** The rows that differ from their model: columns are hidden from the API, or JSON has a type. */
interface CustomRows {
  User: Omit<User, 'passwordHash'>
  Token: Omit<Token, 'hash'>
  Project: Omit<Project, 'lastNumber'>
  Import: Omit<Import, 'made'>
  HistoryEvent: Omit<HistoryEvent, 'changes'> & { readonly changes: readonly FieldChange[] }
}

/** A row of a model with the columns that the API reads. */
export type Row<Name extends keyof PrismaTypes> = Name extends keyof CustomRows
  ? CustomRows[Name]
  : PrismaTypes[Name]['Shape']

/**
 * The models for the builder. Without relations and selections, fields that would send further statements do not compile:
 * see docs/decisions/012-prisma-plugin-declares-types.md.
 */
export type Models = {
  [Name in keyof PrismaTypes]: {
    [Part in keyof PrismaTypes[Name]]: Part extends keyof ModelParts<Name>
      ? ModelParts<Name>[Part]
      : PrismaTypes[Name][Part]
  }
}

interface ModelParts<Name extends keyof PrismaTypes> {
  Shape: Row<Name>
  Include: never
  Select: never
  RelationName: never
  ListRelations: never
  Relations: Record<never, never>
}
