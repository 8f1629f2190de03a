import { type GraphQLSchema, isInterfaceType, isObjectType } from 'graphql'
import { expect } from 'vitest'
import { type RoleName, roleNames } from './permissions.ts'

/**
 * `none`: same as for a missing object. `own`: only the client's own objects. `is`: a value that depends on the
 * client.
 */
export type Cell = 'all' | 'none' | 'own' | 'UNAUTHENTICATED' | { readonly is: unknown }
/** In the order of `roleNames`. */
type Row = readonly [Cell, Cell, Cell, Cell, Cell, Cell, Cell, Cell]

/** Visibility of the objects of a type, and of fields with another visibility. */
interface TypeRow {
  readonly visibility: Row
  readonly fields: ReadonlySet<string>
  readonly exceptions: Readonly<Record<string, Row>>
}

const row = (visibility: Row, fields: string, exceptions: TypeRow['exceptions'] = {}): TypeRow => ({
  visibility,
  fields: new Set([...fields.split(' ').filter(Boolean), ...Object.keys(exceptions)]),
  exceptions,
})

const U = 'UNAUTHENTICATED'
const is = (value: unknown) => ({ is: value })
const [no, yes, varying] = [is(false), is(true), is(expect.any(Boolean))]

// Columns: anonymous, outsider, guest, viewer, reporter, contributor, maintainer, admin. Permissions are those on tickets of the
// contributor.
const signedIn: Row = [U, 'all', 'all', 'all', 'all', 'all', 'all', 'all']
const everyone: Row = ['all', 'all', 'all', 'all', 'all', 'all', 'all', 'all']
const toMaintainers: Row = [U, 'none', 'none', 'none', 'none', 'none', 'all', 'all']
const emptyExceptForMaintainers = (empty: unknown): Row => {
  const hidden = is(empty)
  return [U, 'none', hidden, hidden, hidden, hidden, 'all', 'all']
}
const inProject: Row = [U, 'none', 'all', 'all', 'all', 'all', 'all', 'all']
const own: Row = [U, 'own', 'own', 'own', 'own', 'own', 'own', 'own']
const ownOrAdmin: Row = [U, 'own', 'own', 'own', 'own', 'own', 'own', 'all']
const fromReporter: Row = [U, 'none', no, no, yes, yes, yes, yes]
const fromContributor: Row = [U, 'none', no, no, no, yes, yes, yes]
// Depends on the author of the comment: see test/permissions.test.ts.
const byAuthor: Row = [U, 'none', no, no, varying, varying, varying, varying]
const fromMaintainer: Row = [U, 'none', no, no, no, no, yes, yes]
const [VIEWER, REPORTER, CONTRIBUTOR, MAINTAINER] = ['VIEWER', 'REPORTER', 'CONTRIBUTOR', 'MAINTAINER'].map(is) as [
  Cell,
  Cell,
  Cell,
  Cell,
]
const role: Row = [U, 'none', VIEWER, VIEWER, REPORTER, CONTRIBUTOR, MAINTAINER, MAINTAINER]

const connectionFields = 'edges nodes pageInfo totalCount totalCountUpTo'
const edgeFields = 'cursor node'
const list = (type: string, visibility: Row) => ({
  [`${type}Connection`]: row(visibility, connectionFields),
  [`${type}Edge`]: row(visibility, edgeFields),
})
const ticketList = (type: string) => ({
  ...list(type, inProject),
  [`${type}Connection`]: row(inProject, `${connectionFields} changesCursor`),
})
const ticketFields =
  'archivedAt assignee commentCount commentedAt comments createdAt description excerpt externalKey history id key labels number priority project reporter resolution resolvedAt status title updatedAt updatedBy version viewerCan'
const defectFields = `${ticketFields} absn category disposition reportedBy severity subcategory`
const durationFields = 'count filter group max mean p50 p75 p90 p95'
const flowFields = 'backlog backlogFilter filter from opened reopened reopenedFilter resolved resolvedFilter to'
const loadFields = 'filter open openFilter resolved resolvedFilter total user'
const webhookFields =
  'createdAt deliveries disabledReason enabled filter id name owner pendingCount project query sendLeaves sources types url'
const importFields =
  'actor columns createdAt createdCount dryRun faultCount faults fileName id kind preview project rejectedCount rejectedRows rowCount tickets unchangedCount undoneAt updatedCount warningCount warnings'

export const matrix: Readonly<Record<string, TypeRow>> = {
  Query: row(
    signedIn,
    'changes defect defects explainCost import issue issues node nodes project projects reports ticket tickets user users webhooks',
    {
      accessTokens: own,
      previewWebhook: toMaintainers,
      sessions: own,
      server: everyone,
      viewer: ['none', 'own', 'own', 'own', 'own', 'own', 'own', 'own'],
    },
  ),

  Subscription: row(signedIn, 'changes'),
  AccessToken: row(own, 'createdAt expiresAt id name scope'),
  Session: row(own, 'createdAt current expiresAt id userAgent'),
  User: row(signedIn, 'active createdAt id name role username', { email: ownOrAdmin }),
  ...list('User', signedIn),
  Node: row(signedIn, 'id'),
  Server: row(everyone, 'limits signUp version'),
  ServerLimits: row(everyone, 'cost pageSize pointsPerMinute requestsPerMinute'),
  PageInfo: row(signedIn, 'endCursor hasNextPage hasPreviousPage startCursor'),
  QueryCost: row(signedIn, 'fields limit lists objects requested work'),
  FieldCost: row(signedIn, 'objects path work'),
  ListCost: row(signedIn, 'cost first path'),

  Project: row(
    inProject,
    'archivedAt createdAt defaultRole defects description id imports issues key labels members name tickets viewerCan webhooks',
    { viewerRole: role },
  ),
  ...list('Project', inProject),
  ProjectMember: row(inProject, 'role user'),
  ...list('ProjectMember', inProject),
  Label: row(inProject, 'color description id name project'),

  Ticket: row(inProject, ticketFields),
  ...ticketList('Ticket'),
  Issue: row(inProject, ticketFields),
  ...ticketList('Issue'),
  Defect: row(inProject, defectFields),
  ...ticketList('Defect'),
  TicketPermissions: row(inProject, '', {
    archive: fromMaintainer,
    assign: fromContributor,
    comment: fromReporter,
    update: fromContributor,
  }),
  ProjectPermissions: row(inProject, '', {
    archive: fromMaintainer,
    createTicket: fromReporter,
    importTickets: fromContributor,
    update: fromMaintainer,
    updateTickets: fromContributor,
  }),
  CommentPermissions: row(inProject, '', {
    delete: byAuthor,
    reply: fromReporter,
    update: byAuthor,
  }),
  Excerpt: row(inProject, 'hits text'),
  TextRange: row(inProject, 'end start'),
  Comment: row(inProject, 'author body createdAt deletedAt editedAt id parent replies ticket viewerCan'),
  ...list('Comment', inProject),
  HistoryEvent: row(inProject, 'actor at batch changes id reverted source ticket version'),
  ...list('HistoryEvent', inProject),
  ChangeBatch: row(inProject, 'caughtUp changes cursor'),
  Change: row(
    inProject,
    'actor at batch comment commentId cursor fields id key matches source ticket ticketId type version',
  ),
  FieldChange: row(inProject, 'field from to'),

  Import: row(inProject, importFields),
  ...list('Import', inProject),
  ImportedColumn: row(inProject, 'fields name'),
  ImportPreviewRow: row(inProject, 'action changes externalKey kind row status title'),
  ImportFault: row(inProject, 'column message row value'),
  ...list('ImportFault', inProject),

  Webhook: row(toMaintainers, webhookFields),
  WebhookConnection: row(inProject, '', {
    edges: emptyExceptForMaintainers([]),
    nodes: emptyExceptForMaintainers([]),
    pageInfo: emptyExceptForMaintainers(expect.anything()),
    totalCount: emptyExceptForMaintainers(0),
    totalCountUpTo: emptyExceptForMaintainers(0),
  }),
  WebhookEdge: row(toMaintainers, edgeFields),
  WebhookDelivery: row(toMaintainers, 'attempts createdAt id nextAttemptAt payload status type webhook'),
  ...list('WebhookDelivery', toMaintainers),
  WebhookPreview: row(toMaintainers, 'payload'),
  DeliveryAttempt: row(toMaintainers, 'at durationMs error responseBody responseStatus'),

  Reports: row(inProject, 'ageing firstResponseTime flow pareto reopenRate resolutionTime topAssignees'),
  AgeBucket: row(inProject, 'count filter fromDays group toDays'),
  AssigneeLoad: row(inProject, loadFields),
  DurationStatistics: row(inProject, durationFields),
  FlowPoint: row(inProject, flowFields),
  ParetoRow: row(inProject, 'count cumulativeShare filter isOther share value vitalFew'),
  ReopenRate: row(inProject, 'filter rate reopened reopenedFilter resolved'),

  SignInPayload: row(own, 'expiresAt token viewer'),
  SignOutPayload: row(own, 'signedOut'),
  ChangePasswordPayload: row(own, 'user'),
  CreatePasswordResetPayload: row(signedIn, 'expiresAt secret user'),
  CreateAccessTokenPayload: row(own, 'accessToken secret'),
  EndSessionPayload: row(own, 'endedSessionId'),
  RevokeAccessTokenPayload: row(own, 'revokedAccessTokenId'),
  CreateUserPayload: row(signedIn, 'user'),
  UpdateUserPayload: row(signedIn, 'user'),
  CreateProjectPayload: row(signedIn, 'project projectEdge'),
  UpdateProjectPayload: row(inProject, 'project'),
  SetProjectMemberPayload: row(inProject, 'member project'),
  CreateIssuePayload: row(inProject, 'issue issueEdge'),
  UpdateIssuePayload: row(inProject, 'issue'),
  CreateDefectPayload: row(inProject, 'defect defectEdge'),
  UpdateDefectPayload: row(inProject, 'defect'),
  AssignTicketPayload: row(inProject, 'ticket'),
  ArchiveTicketPayload: row(inProject, 'ticket'),
  BulkUpdateStatusPayload: row(inProject, 'batch matchedCount tickets updatedCount'),
  AddCommentPayload: row(inProject, 'comment commentEdge'),
  EditCommentPayload: row(inProject, 'comment'),
  DeleteCommentPayload: row(inProject, 'deletedCommentId ticket'),
  CreateLabelPayload: row(inProject, 'label'),
  UpdateLabelPayload: row(inProject, 'label'),
  DeleteLabelPayload: row(inProject, 'deletedLabelId project'),
  SetLabelsPayload: row(inProject, 'ticket'),
  AddLabelsPayload: row(inProject, 'ticket'),
  RemoveLabelsPayload: row(inProject, 'ticket'),
  ImportTicketsPayload: row(inProject, 'import'),
  UndoImportPayload: row(inProject, 'import refused refusedCount undoneCount'),
  ImportRefusal: row(inProject, 'reason ticket'),
  UndoBatchPayload: row(inProject, 'batch refused refusedCount tickets undoneCount'),
  UndoRefusal: row(inProject, 'reason ticket'),
  CreateWebhookPayload: row(toMaintainers, 'secret webhook'),
  UpdateWebhookPayload: row(toMaintainers, 'webhook'),
  DeleteWebhookPayload: row(toMaintainers, 'deletedWebhookId project'),
  RotateWebhookSecretPayload: row(toMaintainers, 'secret webhook'),
  TestWebhookPayload: row(toMaintainers, 'delivery'),
  RedeliverWebhookPayload: row(toMaintainers, 'queuedCount webhook'),
}

export const cellOf = (role: RoleName, type: string, field?: string): Cell => {
  const row = matrix[type]
  return ((field !== undefined && row?.exceptions[field]) || row?.visibility || [])[roleNames.indexOf(role)] ?? 'none'
}

export function matrixErrors(schema: GraphQLSchema): string[] {
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith('__') && type.name !== 'Mutation',
  )
  const fieldsByType = new Map(
    types.map((type) => [type.name, new Set(Object.keys('getFields' in type ? type.getFields() : {}))]),
  )
  const missing = [...fieldsByType].flatMap(([type, fields]) => {
    const typeRow = matrix[type]
    if (!typeRow) return [`${type} has no row: add one to test/support/matrix.ts.`]
    return [...fields.difference(typeRow.fields)].map(
      (field) => `${type}.${field} is not in the row of ${type}: add it to test/support/matrix.ts.`,
    )
  })
  const obsolete = Object.entries(matrix).flatMap(([type, { fields }]) => {
    const schemaFields = fieldsByType.get(type)
    if (!schemaFields) return [`${type} has a row but is not a type.`]
    return [...fields.difference(schemaFields)].map((field) => `${type}.${field} is in a row but is not a field.`)
  })
  return [...missing, ...obsolete]
}
