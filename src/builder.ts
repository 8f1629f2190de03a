import SchemaBuilder from '@pothos/core'
import PrismaPlugin from '@pothos/plugin-prisma'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { EmailAddressResolver, HexColorCodeResolver, JSONResolver } from 'graphql-scalars'
import type {
  ChangeSource,
  ChangeType,
  DeliveryStatus,
  Disposition,
  Priority,
  ProjectRole,
  Resolution,
  Severity,
  TicketKind,
  TicketStatus,
  TokenScope,
  UserRole,
} from '../prisma/generated/client.ts'
import { getDatamodel } from '../prisma/generated/pothos.ts'
import type { Context } from './context.ts'
import { DateTimeScalar, type RelativeDateTime, RelativeDateTimeScalar } from './date-time.ts'
import { ReadOnlyToken, Unauthenticated } from './errors.ts'
import { type Upload, UploadResolver } from './http/upload.ts'
import type { FieldChange, Models, Row } from './rows.ts'

function rejectPrismaRead(): never {
  throw new Error('The Prisma plugin must not read rows: use nestedField instead of relations and selections.')
}

/** Root fields require authentication unless they opt out. */
export const builder = new SchemaBuilder<{
  Context: Context
  DefaultFieldNullability: false
  DefaultAuthStrategy: 'all'
  AuthScopes: { signedIn: boolean; mayWrite: boolean }
  PrismaTypes: Models
  Interfaces: { Node: { id: string }; Ticket: Row<'Ticket'> }
  Objects: {
    User: Row<'User'>
    AccessToken: Row<'Token'>
    Session: Row<'Token'>
    Project: Row<'Project'>
    Issue: Row<'Ticket'>
    Defect: Row<'Ticket'>
    Label: Row<'Label'>
    Comment: Row<'Comment'>
    HistoryEvent: Row<'HistoryEvent'>
    FieldChange: FieldChange
    Change: Row<'Change'>
    Import: Row<'Import'>
    Webhook: Row<'Webhook'>
    WebhookDelivery: Row<'WebhookDelivery'>
  }
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: Date; Output: Date | string }
    RelativeDateTime: { Input: RelativeDateTime; Output: never }
    EmailAddress: { Input: string; Output: string }
    HexColor: { Input: string; Output: string }
    Upload: { Input: Upload; Output: never }
    JSON: { Input: unknown; Output: unknown }
    ChangeType: { Input: ChangeType; Output: ChangeType }
    ChangeSource: { Input: ChangeSource; Output: ChangeSource }
    DeliveryStatus: { Input: DeliveryStatus; Output: DeliveryStatus }
    Disposition: { Input: Disposition; Output: Disposition }
    Priority: { Input: Priority; Output: Priority }
    ProjectRole: { Input: ProjectRole; Output: ProjectRole }
    Resolution: { Input: Resolution; Output: Resolution }
    Severity: { Input: Severity; Output: Severity }
    TicketKind: { Input: TicketKind; Output: TicketKind }
    TicketStatus: { Input: TicketStatus; Output: TicketStatus }
    TokenScope: { Input: TokenScope; Output: TokenScope }
    UserRole: { Input: UserRole; Output: UserRole }
  }
}>({
  plugins: [ScopeAuthPlugin, PrismaPlugin],
  // The plugin only declares types.
  prisma: { client: rejectPrismaRead, dmmf: getDatamodel() },
  defaultFieldNullability: false,
  scopeAuth: {
    defaultStrategy: 'all',
    runScopesOnType: true,
    authScopes: ({ token }) => ({ signedIn: token !== null, mayWrite: token?.scope === 'WRITE' }),
    unauthorizedError: (_parent, { token }) => (token === null ? new Unauthenticated() : new ReadOnlyToken()),
  },
})

builder.queryType({
  description: 'Root fields for reading. All except `viewer` require authentication.',
  authScopes: { signedIn: true },
})
builder.subscriptionType({
  description: 'Root fields of streams, by server-sent events or WebSocket. A token with scope READ suffices.',
  authScopes: { signedIn: true },
})
builder.mutationType({
  description:
    'Root fields for writing. Each mutation takes effect completely or not at all. A token with scope READ can only run `signIn`, `signUp`, `resetPassword` and `signOut`.',
  authScopes: { signedIn: true, mayWrite: true },
})

builder.addScalarType('DateTime', DateTimeScalar, {
  description:
    'A point in time in ISO 8601 with a UTC offset, such as "2026-03-01T09:30:00Z", with millisecond precision. Years 1 to 9999.',
})
builder.addScalarType('RelativeDateTime', RelativeDateTimeScalar, {
  description: 'A DateTime, or an ISO 8601 duration relative to now: "-P7D" is a week ago, "P2W" in two weeks.',
})
builder.addScalarType('EmailAddress', EmailAddressResolver, {
  description: 'An e-mail address, such as "ada@example.com".',
})
builder.addScalarType('HexColor', HexColorCodeResolver, {
  description: 'An RGB color in hexadecimal, such as "#d73a4a".',
})
builder.addScalarType('JSON', JSONResolver, { description: 'Any JSON value.' })
builder.addScalarType('Upload', UploadResolver, {
  description: 'A file in a multipart request, as defined by the GraphQL multipart request specification.',
})
