import SchemaBuilder from '@pothos/core'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { EmailAddressResolver, HexColorCodeResolver, JSONResolver } from 'graphql-scalars'
import type {
  ChangeSource,
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
import type { TokenRow } from './auth/token.actions.ts'
import type { CommentRow } from './comment/comment.sql.ts'
import type { Context } from './context.ts'
import { Forbidden, Unauthenticated } from './errors.ts'
import type { HistoryRow } from './history/history.sql.ts'
import { type Upload, UploadResolver } from './http/upload.ts'
import type { ImportRecord } from './import/import.sql.ts'
import type { LabelRow } from './label/label.sql.ts'
import { type Moment, RelativeDateTimeResolver, StorableDateTimeResolver } from './moment.ts'
import type { ProjectRow } from './project/project.sql.ts'
import type { TicketRow } from './ticket/ticket.sql.ts'
import type { UserRow } from './user/user.sql.ts'

/** The one schema builder. It knows the row behind each type; every root field needs a signed-in caller unless it says otherwise. */
export const builder = new SchemaBuilder<{
  Context: Context
  DefaultFieldNullability: false
  DefaultAuthStrategy: 'all'
  AuthScopes: { signedIn: boolean; mayWrite: boolean }
  Interfaces: { Node: { id: string }; Ticket: TicketRow }
  Objects: {
    User: UserRow
    AccessToken: TokenRow
    Project: ProjectRow
    Issue: TicketRow
    Defect: TicketRow
    Label: LabelRow
    Comment: CommentRow
    HistoryEvent: HistoryRow
    Import: ImportRecord
  }
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: Date; Output: Date }
    RelativeDateTime: { Input: Moment; Output: never }
    EmailAddress: { Input: string; Output: string }
    HexColor: { Input: string; Output: string }
    Upload: { Input: Upload; Output: never }
    JSON: { Input: unknown; Output: unknown }
    ChangeSource: { Input: ChangeSource; Output: ChangeSource }
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
  plugins: [ScopeAuthPlugin],
  defaultFieldNullability: false,
  scopeAuth: {
    defaultStrategy: 'all',
    authorizeOnSubscribe: true,
    runScopesOnType: true,
    authScopes: ({ token }) => ({ signedIn: token !== null, mayWrite: token?.scope === 'WRITE' }),
    unauthorizedError: (_parent, { token }) =>
      token === null ? new Unauthenticated() : new Forbidden('This token may only read.'),
  },
})

builder.queryType({ description: 'What can be read.', authScopes: { signedIn: true } })
builder.mutationType({
  description: 'What can be changed. Each mutation is one transaction: it happens whole or not at all.',
  authScopes: { signedIn: true, mayWrite: true },
})

builder.addScalarType('DateTime', StorableDateTimeResolver, {
  description: 'A moment in ISO 8601 with an offset, such as "2026-03-01T09:30:00Z". Kept to the millisecond.',
})
builder.addScalarType('RelativeDateTime', RelativeDateTimeResolver, {
  description: 'A DateTime, or an ISO 8601 duration counted from now: "-P7D" is a week ago, "P2W" in two weeks.',
})
builder.addScalarType('EmailAddress', EmailAddressResolver, { description: 'An e-mail address.' })
builder.addScalarType('HexColor', HexColorCodeResolver, { description: 'A colour as "#rrggbb", such as "#d73a4a".' })
builder.addScalarType('JSON', JSONResolver, { description: 'Any value of JSON.' })
builder.addScalarType('Upload', UploadResolver, {
  description: 'A file of a multipart request, as in the GraphQL multipart request specification.',
})
