import type {
  Change,
  HistoryEvent,
  Import,
  Project,
  TicketKind,
  TicketStatus,
  Token,
  User,
  Webhook,
  WebhookDelivery,
} from '../prisma/generated/client.ts'
import type PrismaTypes from '../prisma/generated/pothos.ts'

/** Values in the format of history: names of users and labels, enum values, times in ISO 8601. */
export interface FieldChange {
  readonly field: string
  readonly from: string | null
  readonly to: string | null
}

export interface ImportedColumn {
  readonly name: string
  /** Keys of the enum ImportField. */
  readonly fields: readonly string[]
}

export interface ImportPreviewRow {
  readonly row: number
  readonly action: 'CREATE' | 'UPDATE' | 'KEEP' | 'REJECT'
  readonly kind: TicketKind | null
  readonly externalKey: string | null
  readonly title: string | null
  readonly status: TicketStatus
  readonly changes: readonly FieldChange[]
}

/** An attempt to send a delivery. `at` is in ISO 8601. */
export interface DeliveryAttempt {
  readonly at: string
  readonly durationMs: number
  readonly responseStatus: number | null
  readonly responseBody: string | null
  readonly error: string | null
}

interface CustomRows {
  Change: Omit<Change, 'ordinal' | 'position' | 'numberedAt' | 'projectId'> & {
    readonly position: number
    readonly matches: boolean
    readonly fields: readonly FieldChange[]
  }
  User: Omit<User, 'passwordHash'>
  Token: Omit<Token, 'hash'>
  Project: Omit<Project, 'lastNumber'>
  Import: Omit<Import, 'made' | 'columns' | 'preview'> & {
    readonly columns: readonly ImportedColumn[]
    readonly preview: readonly ImportPreviewRow[]
  }
  HistoryEvent: Omit<HistoryEvent, 'changes' | 'effectiveAt' | 'before'> & { readonly changes: readonly FieldChange[] }
  Webhook: Omit<
    Webhook,
    | 'secret'
    | 'previousSecret'
    | 'previousSecretUntil'
    | 'failures'
    | 'failingSince'
    | 'waitsUntil'
    | 'claimedAt'
    | 'startedAfter'
  >
  WebhookDelivery: Omit<WebhookDelivery, 'changeId' | 'leasedUntil' | 'failures' | 'attempts'> & {
    readonly attempts: readonly DeliveryAttempt[]
  }
}

/** Mutations return rows of these models as Prisma reads them. */
type ModelWithDates = 'User' | 'Token' | 'Project'

type WithTimes<Model, Time> = {
  [Name in keyof Model]: Date extends Model[Name] ? Exclude<Model[Name], Date> | Time : Model[Name]
}

/** Times are texts in ISO 8601, as in results: a page has hundreds, which need not be parsed and formatted. */
export type Row<Name extends keyof PrismaTypes> = WithTimes<
  Name extends keyof CustomRows ? CustomRows[Name] : PrismaTypes[Name]['Shape'],
  Name extends ModelWithDates ? Date | string : string
>

/** Without relations and selections, so that fields that would send further statements do not compile (decision 12). */
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
