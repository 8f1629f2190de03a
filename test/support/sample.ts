import type pg from 'pg'
import { graphql } from '../generated/index.ts'
import { type ImportResult, importCsv } from './imports.ts'
import { createLabel, type TestUsers } from './people.ts'
import { createWebhook, testWebhook } from './webhooks.ts'

const Describe = graphql(`
  mutation SampleDescribe($project: ID!, $label: ID!) {
    updateProject(input: { id: $project, description: "hush project" }) { project { id } }
    updateLabel(input: { id: $label, description: "hush description" }) { label { id } }
  }
`)
const AddComment = graphql(`
  mutation SampleAddComment($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }
`)
const Edit = graphql(`
  mutation SampleEdit($edited: ID!, $deleted: ID!) {
    editComment(input: { id: $edited, body: "hush edited" }) { comment { id } }
    deleteComment(input: { id: $deleted }) { deletedCommentId }
  }
`)
const ChangeStatus = graphql(`
  mutation SampleChangeStatus($issue: ID!, $defect: ID!) {
    first: bulkUpdateStatus(input: { ids: [$issue, $defect], status: RESOLVED }) { batch }
    reopening: updateIssue(input: { id: $issue, status: OPEN, assigneeId: "contributor" }) { issue { history(first: 1) { nodes { id } } } }
    disposition: updateDefect(input: { id: $defect, disposition: SCRAP, assigneeId: "contributor" }) { defect { id } }
  }
`)
const ArchiveAndUndo = graphql(`
  mutation SampleArchiveAndUndo($defect: ID!, $import: ID!) {
    archiveTicket(input: { id: $defect }) { ticket { id } }
    undoImport(input: { importId: $import }) { undoneCount }
  }
`)
const Email = graphql(`
  mutation SampleEmail($id: ID!, $email: EmailAddress) { updateUser(input: { id: $id, email: $email }) { user { id } } }
`)
const Token = graphql(`
  mutation SampleToken($name: String!) {
    createAccessToken(input: { name: $name, expiresAt: "2999-01-01T00:00:00Z" }) { accessToken { id } }
  }
`)

const failDelivery = `
  UPDATE webhooks SET disabled_reason = 'hush';
  UPDATE webhook_deliveries SET attempts = '[{"at": "2026-03-01T09:30:00.000Z", "durationMs": 15000,
    "responseStatus": 200, "responseBody": "hush", "error": "hush"}]'`

/** Ids of objects with a value in nearly every field. All texts contain "hush". */
export type Sample = Readonly<
  Record<'project' | 'issue' | 'defect' | 'label' | 'comment' | 'event' | 'import' | 'webhook' | 'delivery', string>
>

/** Fills the project CORE with tickets of the contributor. Each user has an e-mail and a token. */
export async function fillSample(
  { admin, maintainer, contributor, reporter, ...users }: TestUsers,
  pool: pg.Pool,
): Promise<Sample> {
  for (const person of [admin, maintainer, contributor, reporter, users.viewer, users.outsider]) {
    await person.ask(Email, { id: person.id, email: `${person.username}@example.com` })
    await person.ask(Token, { name: person.username })
  }
  const importOptions = { projectId: 'CORE', onError: 'SKIP' } as const
  const label = await createLabel(maintainer, 'CORE', 'hush label')
  const { project } = await maintainer.ask(graphql(`query SampleProject { project(id: "CORE") { id } }`))
  await maintainer.ask(Describe, { project: project?.id ?? '', label })
  const issues = await importCsv(
    maintainer,
    [
      'externalKey,title,description,reporter,labels,status,createdAt,resolvedAt,archivedAt',
      'hush-1,hush issue,hush text,contributor,hush label,,,,',
      'hush-3,hush issue put away,hush text,contributor,hush label,RESOLVED,2024-01-01,2024-01-02,2024-01-03',
      ',hush error,,nosuchuser,hush,,,,',
    ].join('\n'),
    { ...importOptions, kind: 'ISSUE' },
    'hush.csv',
  )
  const defects = await importCsv(
    maintainer,
    [
      'externalKey,title,description,reporter,reportedBy,labels,category,subcategory,absn',
      'hush-2,hush defect,hush text,contributor,hush station,hush label,hush category,hush kind,HUSH1',
    ].join('\n'),
    { ...importOptions, kind: 'DEFECT' },
  )
  await importCsv(maintainer, 'externalKey,title\nhush-1,hush dry run\n', {
    ...importOptions,
    kind: 'ISSUE',
    dryRun: true,
  })
  const undoneImport = await importCsv(maintainer, 'title\nhush undone\n', { ...importOptions, kind: 'ISSUE' })
  const idByTitle = (title: string, { tickets }: ImportResult) =>
    tickets.nodes.find((ticket) => ticket.title === title)?.id ?? ''
  const issue = idByTitle('hush issue', issues)
  const defect = idByTitle('hush defect', defects)
  const addComment = async (client: typeof reporter, ticketId: string, parentId: string | null = null) =>
    (await client.ask(AddComment, { input: { ticketId, parentId, body: 'hush comment' } })).addComment.comment.id
  const first = await addComment(reporter, issue)
  const comment = await addComment(reporter, issue, first)
  await addComment(contributor, issue, comment)
  await addComment(contributor, defect, await addComment(reporter, defect))
  await reporter.ask(Edit, { edited: comment, deleted: first })
  const { reopening } = await contributor.ask(ChangeStatus, { issue, defect })
  await maintainer.ask(ArchiveAndUndo, { defect, import: undoneImport.id })
  const event = reopening.issue.history.nodes[0]?.id ?? ''
  const { id: webhook } = await createWebhook(maintainer, 'CORE', {
    name: 'hush webhook',
    url: 'https://hush.example.com',
    filter: { title: { contains: 'hush' } },
  })
  const delivery = await testWebhook(maintainer, webhook)
  await pool.query(failDelivery)
  return { project: project?.id ?? '', issue, defect, label, comment, event, import: issues.id, webhook, delivery }
}
