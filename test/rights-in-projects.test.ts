import { beforeAll, expect, test } from 'vitest'
import { schema } from '../src/schema.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { type Contents, castProject, fillProject } from './support/contents.ts'
import { type ImportOptions, sendFile } from './support/imports.ts'
import { type Cast, CreateDefect, CreateIssue, CreateLabel, castOf, signUp } from './support/people.ts'
import { type Codes, callerOf, callers, expectRefusal, type Row, row, serverMutations } from './support/rights.ts'

const server = useServer()
let cast: Cast
/** In a project that only its members see. */
let closed: Contents
/** In a project whose defaultRole is VIEWER. */
let open: Contents
/** In a project that was archived. */
let archived: Contents

const UpdateProject = graphql(`
  mutation RightsUpdateProject($input: UpdateProjectInput!) {
    updateProject(input: $input) { project { name archivedAt } }
  }
`)
const UpdateIssue = graphql(`
  mutation RightsUpdateIssue($input: UpdateIssueInput!) { updateIssue(input: $input) { issue { id } } }
`)
const UpdateDefect = graphql(`
  mutation RightsUpdateDefect($input: UpdateDefectInput!) { updateDefect(input: $input) { defect { id } } }
`)
const AssignTicket = graphql(`
  mutation RightsAssign($input: AssignTicketInput!) { assignTicket(input: $input) { ticket { id } } }
`)
const ArchiveTicket = graphql(`
  mutation RightsArchive($input: ArchiveTicketInput!) { archiveTicket(input: $input) { ticket { id } } }
`)
const Bulk = graphql(`
  mutation RightsBulk($input: BulkUpdateStatusInput!) { bulkUpdateStatus(input: $input) { updatedCount } }
`)
const AddComment = graphql(`
  mutation RightsAddComment($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }
`)
const EditComment = graphql(`
  mutation RightsEditComment($input: EditCommentInput!) { editComment(input: $input) { comment { id } } }
`)
const DeleteComment = graphql(`
  mutation RightsDeleteComment($input: DeleteCommentInput!) { deleteComment(input: $input) { deletedCommentId } }
`)
const UpdateLabel = graphql(`
  mutation RightsUpdateLabel($input: UpdateLabelInput!) { updateLabel(input: $input) { label { id } } }
`)
const DeleteLabel = graphql(`
  mutation RightsDeleteLabel($input: DeleteLabelInput!) { deleteLabel(input: $input) { deletedLabelId } }
`)
const SetLabels = graphql(`
  mutation RightsSetLabels($input: SetLabelsInput!) { setLabels(input: $input) { ticket { id } } }
`)
const AddLabels = graphql(`
  mutation RightsAddLabels($input: AddLabelsInput!) { addLabels(input: $input) { ticket { id } } }
`)
const RemoveLabels = graphql(`
  mutation RightsRemoveLabels($input: RemoveLabelsInput!) { removeLabels(input: $input) { ticket { id } } }
`)
const UndoImport = graphql(`
  mutation RightsUndoImport($input: UndoImportInput!) { undoImport(input: $input) { undoneCount } }
`)
const SetMember = graphql(`
  mutation RightsSetMember($input: SetProjectMemberInput!) { setProjectMember(input: $input) { project { id } } }
`)

beforeAll(async () => {
  cast = await castOf(server)
  await signUp(server, 'extra')
  closed = await fillProject(cast, cast.project)
  open = await fillProject(cast, await castProject(cast, 'OPEN', 'VIEWER'))
  archived = await fillProject(cast, await castProject(cast, 'OLD'))
  await cast.maintainer.ask(UpdateProject, { input: { id: 'OLD', archived: true } })
})

const any = () => crypto.randomUUID()
const [U, N, F, C, ok] = ['UNAUTHENTICATED', 'NOT_FOUND', 'FORBIDDEN', 'CONFLICT', null] as const
const fromReporter: Codes = [U, N, F, F, ok, ok, ok, ok]
const fromContributor: Codes = [U, N, F, F, F, ok, ok, ok]
const fromMaintainer: Codes = [U, N, F, F, F, F, ok, ok]

/** What is done in a project. The REPORTER made what is `own`, the CONTRIBUTOR the rest. */
const importing = (name: string, codes: Codes, file: string, options: Partial<ImportOptions> = {}): Row => ({
  name,
  codes,
  send: (caller, at) => sendFile(caller, file, { projectId: at.project, kind: 'ISSUE', ...options }),
})

const rows: readonly Row[] = [
  row('createIssue', fromReporter, CreateIssue)((at) => ({ projectId: at.projectKey, title: any() })),
  row(
    'createIssue, assigned',
    fromContributor,
    CreateIssue,
  )((at) => ({
    projectId: at.project,
    title: any(),
    assigneeId: 'reporter',
  })),
  row(
    'createIssue, labelled',
    fromContributor,
    CreateIssue,
  )((at) => ({
    projectId: at.project,
    title: any(),
    labelIds: [at.label],
  })),
  row('createDefect', fromReporter, CreateDefect)((at) => ({ projectId: at.project, title: any(), category: any() })),
  row(
    'createDefect, labelled',
    fromContributor,
    CreateDefect,
  )((at) => ({
    projectId: at.projectKey,
    title: any(),
    category: any(),
    labelIds: [at.label],
  })),
  row('updateIssue', fromContributor, UpdateIssue)((at) => ({ id: at.issueKey, title: any() })),
  row(
    'updateIssue, own',
    fromReporter,
    UpdateIssue,
  )((at) => ({
    id: at.ownIssue,
    title: any(),
    description: any(),
    status: 'RESOLVED',
    resolution: 'DUPLICATE',
    priority: 'HIGH',
  })),
  row(
    'updateIssue, own and assigning',
    fromContributor,
    UpdateIssue,
  )((at) => ({
    id: at.ownIssue,
    title: any(),
    assigneeId: 'reporter',
  })),
  row('updateDefect', fromContributor, UpdateDefect)((at) => ({ id: at.defectKey, subcategory: any() })),
  row(
    'updateDefect, own',
    fromReporter,
    UpdateDefect,
  )((at) => ({
    id: at.ownDefect,
    category: any(),
    severity: 'MINOR',
    disposition: 'SCRAP',
  })),
  row(
    'updateDefect, own and assigning',
    fromContributor,
    UpdateDefect,
  )((at) => ({
    id: at.ownDefect,
    category: any(),
    assigneeId: 'reporter',
  })),
  row('assignTicket', fromContributor, AssignTicket)((at) => ({ id: at.issue, assigneeId: 'viewer' })),
  row('assignTicket, own', fromContributor, AssignTicket)((at) => ({ id: at.ownIssue, assigneeId: 'admin' })),
  row('archiveTicket', fromMaintainer, ArchiveTicket)((at) => ({ id: at.issueKey })),
  row('archiveTicket, own and back', fromMaintainer, ArchiveTicket)((at) => ({ id: at.ownIssue, archived: false })),
  row('bulkUpdateStatus', fromContributor, Bulk)((at) => ({ ids: [at.ownIssue, at.defectKey], status: 'CLOSED' })),
  row('bulkUpdateStatus, dry', fromContributor, Bulk)((at) => ({ ids: [at.issue], status: 'CLOSED', dryRun: true })),
  row(
    'bulkUpdateStatus, by a filter',
    [U, C, F, F, F, ok, ok, ok],
    Bulk,
  )((at) => ({
    filter: { id: { in: [at.ownDefect, at.defect] } },
    expectedCount: 2,
    status: 'IN_PROGRESS',
  })),
  row('addComment', fromReporter, AddComment)((at) => ({ ticketId: at.issueKey, body: any() })),
  row(
    'addComment, answering',
    fromReporter,
    AddComment,
  )((at) => ({
    ticketId: at.issue,
    parentId: at.comment,
    body: any(),
  })),
  row('editComment', [U, N, F, F, F, ok, F, ok], EditComment)((at) => ({ id: at.comment, body: any() })),
  row('editComment, own', [U, N, F, F, ok, F, F, ok], EditComment)((at) => ({ id: at.ownComment, body: any() })),
  row('deleteComment', [U, N, F, F, F, ok, ok, ok], DeleteComment)((at) => ({ id: at.comment })),
  row('deleteComment, own', [U, N, F, F, ok, F, ok, ok], DeleteComment)((at) => ({ id: at.ownComment })),
  row('createLabel', fromMaintainer, CreateLabel)((at) => ({ projectId: at.project, name: any(), color: '#336699' })),
  row('updateLabel', fromMaintainer, UpdateLabel)((at) => ({ id: at.label, name: any() })),
  row('deleteLabel', fromMaintainer, DeleteLabel)((at) => ({ id: at.label })),
  row('setLabels', fromContributor, SetLabels)((at) => ({ ticketId: at.ownDefect, labelIds: [at.label] })),
  row('addLabels', fromContributor, AddLabels)((at) => ({ ticketId: at.ownIssue, labelIds: [at.label] })),
  row('removeLabels', fromContributor, RemoveLabels)((at) => ({ ticketId: at.issueKey, labelIds: [at.label] })),
  importing('importTickets', fromContributor, 'title\nImported\n'),
  importing('importTickets, with times', fromMaintainer, 'title,createdAt\nImported,2024-01-01\n'),
  importing('importTickets, of others', fromMaintainer, 'title,reporter\nImported,reporter\n'),
  importing('importTickets, making labels', fromMaintainer, 'title,labels\nImported,new\n', { createLabels: true }),
  row('undoImport', fromMaintainer, UndoImport)((at) => ({ importId: at.import })),
  row(
    'setProjectMember',
    fromMaintainer,
    SetMember,
  )((at) => ({
    projectId: at.projectKey,
    userId: 'extra',
    role: 'REPORTER',
  })),
  row(
    'setProjectMember, taking out',
    fromMaintainer,
    SetMember,
  )((at) => ({
    projectId: at.project,
    userId: 'extra',
    role: null,
  })),
  row('updateProject', fromMaintainer, UpdateProject)((at) => ({ id: at.projectKey, name: any() })),
  row(
    'updateProject, its defaultRole',
    fromMaintainer,
    UpdateProject,
  )((at) => ({
    id: at.project,
    defaultRole: at === open ? 'VIEWER' : null,
  })),
]

test('every mutation of what a project holds stands in the table', () => {
  const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {})
  const inTable = new Set(rows.map(({ name }) => name.split(',')[0]))
  expect([...inTable].sort()).toEqual(mutations.filter((name) => !serverMutations.includes(name)).sort())
})

test.each(rows)('$name takes the right role, and changes nothing without it', async (deed) => {
  for (const [index, who] of callers.entries()) {
    const caller = callerOf(server, cast, who)
    const code = deed.codes[index] ?? null
    const project = who === 'guest' ? open : closed
    if (code !== null) await expectRefusal(server, deed, caller, who, project, code)
    else {
      const contents = /^(delete|undo)/.test(deed.name) ? await fillProject(cast, cast.project) : project
      expect((await deed.send(caller, contents, who)).errors, `${deed.name} as ${who}`).toBeUndefined()
    }
  }
})

test.each(rows)('$name is refused to everybody in an archived project', async (deed) => {
  for (const who of ['reporter', 'maintainer', 'admin'] as const)
    await expectRefusal(server, deed, cast[who], who, archived, 'FORBIDDEN')
  const code = deed.codes[callers.indexOf('stranger')] ?? null
  await expectRefusal(server, deed, cast.stranger, 'stranger', archived, code)
})
