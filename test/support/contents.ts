import type { ProjectRole } from '../generated/graphql.ts'
import { graphql } from '../generated/index.ts'
import { importCsv } from './imports.ts'
import { createDefect, createIssue, createLabel, createProject, setMember, type TestUsers } from './people.ts'
import { createWebhook, testWebhook } from './webhooks.ts'

const Comment = graphql(`
  mutation ContentsComment($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }
`)
const Bulk = graphql(`
  mutation ContentsBulk($id: ID!) { bulkUpdateStatus(input: { ids: [$id], status: CLOSED }) { batch } }
`)
const Rename = graphql(`
  mutation ContentsRename($id: ID!) {
    updateIssue(input: { id: $id, title: "Renamed" }) { issue { history(first: 1) { nodes { id } } } }
  }
`)

/** Ids and keys of the contents of a project. The reporter created those with prefix `own`. */
export type Contents = Readonly<Record<(typeof names)[number], string>>

const names = [
  'project',
  'projectKey',
  'issue',
  'issueKey',
  'ownIssue',
  'defect',
  'defectKey',
  'ownDefect',
  'label',
  'comment',
  'reply',
  'ownComment',
  'event',
  'import',
  'importedIssue',
  'batch',
  'webhook',
  'delivery',
] as const

export async function createTestProject({ maintainer, ...users }: TestUsers, key: string, defaultRole?: ProjectRole) {
  const project = await createProject(maintainer, key, defaultRole)
  await setMember(maintainer, key, users.contributor.id, 'CONTRIBUTOR')
  await setMember(maintainer, key, users.reporter.id, 'REPORTER')
  await setMember(maintainer, key, users.viewer.id, 'VIEWER')
  return project
}

export async function fillProject(
  { maintainer, contributor, reporter }: TestUsers,
  project: { readonly id: string; readonly key: string },
): Promise<Contents> {
  const { key } = project
  const label = await createLabel(maintainer, key, `label ${crypto.randomUUID()}`)
  const issue = await createIssue(contributor, key, 'An issue', { labelIds: [label] })
  const defect = await createDefect(contributor, key, 'Solder')
  const comment = async (client: typeof reporter, parentId?: string) => {
    const input = { ticketId: issue.id, body: 'A comment', ...(parentId && { parentId }) }
    return (await client.ask(Comment, { input })).addComment.comment.id
  }
  const firstComment = await comment(contributor)
  const importResult = await importCsv(maintainer, 'title\nImported\n', { projectId: key, kind: 'ISSUE' })
  const renameResult = await contributor.ask(Rename, { id: issue.id })
  const bulk = await contributor.ask(Bulk, { id: defect.id })
  const webhook = await createWebhook(maintainer, key)
  return {
    project: project.id,
    projectKey: key,
    issue: issue.id,
    issueKey: issue.key,
    ownIssue: (await createIssue(reporter, key, 'An issue of mine')).id,
    defect: defect.id,
    defectKey: defect.key,
    ownDefect: (await createDefect(reporter, key, 'Solder')).id,
    label,
    comment: firstComment,
    reply: await comment(maintainer, firstComment),
    ownComment: await comment(reporter),
    event: renameResult.updateIssue.issue.history.nodes[0]?.id ?? '',
    import: importResult.id,
    importedIssue: importResult.tickets.nodes[0]?.id ?? '',
    batch: bulk.bulkUpdateStatus.batch ?? '',
    webhook: webhook.id,
    delivery: await testWebhook(maintainer, webhook.id),
  }
}

/** Ids and keys that do not exist. */
export const noContents: Contents = {
  ...(Object.fromEntries(names.map((name) => [name, crypto.randomUUID()])) as Contents),
  projectKey: 'NONE',
  issueKey: 'NONE-1',
  defectKey: 'NONE-2',
}

/** Replaces ids and keys by their names, to compare responses about different contents. */
export function withPlaceholders(response: object, contents: Contents): string {
  const values = Object.entries(contents).sort(([, a], [, b]) => b.length - a.length)
  return values.reduce((text, [name, value]) => text.replaceAll(value, `<${name}>`), JSON.stringify(response))
}
