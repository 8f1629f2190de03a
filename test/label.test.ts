import { beforeAll, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import {
  createDefect,
  createIssue,
  createLabel,
  createProject,
  createTestUsers,
  type TestUsers,
} from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const LabelCreate = graphql(`
  mutation LabelCreate($input: CreateLabelInput!) {
    createLabel(input: $input) { label { id name color description project { key } } }
  }
`)
const LabelUpdate = graphql(`
  mutation LabelUpdate($input: UpdateLabelInput!) {
    updateLabel(input: $input) { label { id name color description project { key } } }
  }
`)
const LabelDelete = graphql(`
  mutation LabelDelete($id: ID!) {
    deleteLabel(input: { id: $id }) { deletedLabelId project { key labels { name } } }
  }
`)
const LabelsOfProject = graphql(`query LabelsOfProject($id: ID!) { project(id: $id) { labels { id name } } }`)
const LabelSet = graphql(`
  mutation LabelSet($input: SetLabelsInput!) { setLabels(input: $input) { ticket { version labels { name } } } }
`)
const LabelTicket = graphql(`
  query LabelTicket($id: ID!) {
    ticket(id: $id) {
      key version updatedAt updatedBy { username } labels { name }
      history { totalCount nodes { at source batch version actor { username } changes { field from to } } }
    }
  }
`)

const color = '#336699'
const namesIn = async (project: string) =>
  (await users.maintainer.ask(LabelsOfProject, { id: project })).project?.labels.map(({ name }) => name)
const ticketOf = async (id: string) => (await users.viewer.ask(LabelTicket, { id })).ticket
const label = async (ticketId: string, ...labelIds: string[]) =>
  (await users.contributor.ask(LabelSet, { input: { ticketId, labelIds } })).setLabels.ticket

describe('createLabel and updateLabel', () => {
  test('creates a label, and sorts the labels of a project by name', async () => {
    await createProject(users.maintainer, 'MADE')
    const { createLabel: result } = await users.maintainer.ask(LabelCreate, {
      input: { projectId: 'made', name: '  needs   work ', color: '#D73A4A', description: 'Not yet done' },
    })
    expect(result.label).toEqual({
      id: result.label.id,
      name: 'needs work',
      color: '#d73a4a',
      description: 'Not yet done',
      project: { key: 'MADE' },
    })
    await createLabel(users.maintainer, 'MADE', 'Zebra')
    await createLabel(users.maintainer, 'MADE', 'ant')
    await createLabel(users.maintainer, 'MADE', 'Öl')
    expect(await namesIn('MADE')).toEqual(expect.arrayContaining(['ant', 'needs work', 'Zebra', 'Öl']))
    expect((await namesIn('MADE'))?.filter((name) => name !== 'Öl')).toEqual(['ant', 'needs work', 'Zebra'])
  })

  test('requires the name of a label to be unique in its project, ignoring case', async () => {
    await createProject(users.maintainer, 'UNIQUE')
    await createProject(users.maintainer, 'OTHER')
    const id = await createLabel(users.maintainer, 'UNIQUE', 'Bug')
    const other = await createLabel(users.maintainer, 'UNIQUE', 'other')
    for (const name of ['Bug', 'bUG', ' bug '])
      expect(
        (await users.maintainer.expectError(LabelCreate, { input: { projectId: 'UNIQUE', name, color } })).extensions
          ?.code,
      ).toBe('CONFLICT')
    const renamed = await users.maintainer.expectError(LabelUpdate, { input: { id: other, name: 'BUG' } })
    expect(renamed.extensions?.code).toBe('CONFLICT')
    expect(await namesIn('UNIQUE')).toEqual(['Bug', 'other'])
    await createLabel(users.maintainer, 'OTHER', 'BUG')
    const { updateLabel } = await users.maintainer.ask(LabelUpdate, { input: { id, name: 'bug' } })
    expect(updateLabel.label).toMatchObject({ name: 'bug', color })
  })

  test('creates one of ten concurrent labels with the same name', async () => {
    await createProject(users.maintainer, 'ONCE')
    const responses = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        users.maintainer.send(LabelCreate, {
          input: { projectId: 'ONCE', name: index % 2 ? 'SAME' : 'same', color },
        }),
      ),
    )
    const codes = responses.flatMap(({ errors }) => errors?.map(({ extensions }) => extensions?.code))
    expect(codes.filter((code) => code === 'CONFLICT')).toHaveLength(9)
    expect(await namesIn('ONCE')).toHaveLength(1)
  })

  test.each([
    ['red', 'input.color'],
    ['#fff', 'input.color'],
    ['#11223344', 'input.color'],
    ['336699', 'input.color'],
    ['#33669g', 'input.color'],
  ])('rejects the label color %s', async (wrong, path) => {
    const input = { projectId: 'CORE', name: 'Colored', color: wrong }
    const { extensions } = await users.maintainer.expectError(LabelCreate, { input })
    expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', fieldErrors: [{ path }] })
    expect(await namesIn('CORE')).not.toContain('Colored')
  })

  test('reports all field errors of a label together', async () => {
    const { extensions } = await users.maintainer.expectError(LabelCreate, {
      input: { projectId: '?', name: ' ', color: '#fff', description: 'x'.repeat(1001) },
    })
    expect(extensions?.fieldErrors?.map(({ path }) => path).sort()).toEqual([
      'input.color',
      'input.description',
      'input.name',
      'input.projectId',
    ])
    const long = await users.maintainer.expectError(LabelCreate, {
      input: { projectId: 'CORE', name: 'x'.repeat(51), color },
    })
    expect(long.extensions?.fieldErrors?.map(({ path }) => path)).toEqual(['input.name'])
  })

  test('keeps omitted fields of a label, clears null fields and rejects null for required fields', async () => {
    const id = await createLabel(users.maintainer, 'CORE', 'patched')
    const patch = async (change: object) =>
      (await users.maintainer.ask(LabelUpdate, { input: { id, ...change } })).updateLabel.label
    expect(await patch({ description: 'When' })).toMatchObject({ name: 'patched', color, description: 'When' })
    expect(await patch({ color: '#ABCDEF' })).toMatchObject({ name: 'patched', color: '#abcdef', description: 'When' })
    expect(await patch({ description: null })).toMatchObject({ color: '#abcdef', description: null })
    expect(await patch({})).toMatchObject({ name: 'patched', color: '#abcdef', description: null })
    const { extensions } = await users.maintainer.expectError(LabelUpdate, { input: { id, name: null, color: null } })
    expect(extensions?.fieldErrors?.map(({ path }) => path).sort()).toEqual(['input.color', 'input.name'])
  })

  test('renames a label on its tickets without changing their versions', async () => {
    const id = await createLabel(users.maintainer, 'CORE', 'old name')
    const issue = await createIssue(users.contributor, 'CORE', 'Labelled', { labelIds: [id] })
    await users.maintainer.ask(LabelUpdate, { input: { id, name: 'new name' } })
    expect(await ticketOf(issue.id)).toMatchObject({ version: 1, labels: [{ name: 'new name' }] })
  })
})

describe('deleteLabel', () => {
  test('removes a label from all tickets, with a history event each in one batch', async () => {
    await createProject(users.maintainer, 'GONE', 'CONTRIBUTOR')
    const [gone, kept] = [
      await createLabel(users.maintainer, 'GONE', 'gone'),
      await createLabel(users.maintainer, 'GONE', 'Kept'),
    ]
    const both = await createIssue(users.contributor, 'GONE', 'Both', { labelIds: [gone, kept] })
    const one = await createDefect(users.contributor, 'GONE', 'Solder')
    await label(one.id, gone)
    const other = await createIssue(users.contributor, 'GONE', 'Other', { labelIds: [kept] })
    const { deleteLabel } = await users.maintainer.ask(LabelDelete, { id: gone })
    expect(deleteLabel).toEqual({ deletedLabelId: gone, project: { key: 'GONE', labels: [{ name: 'Kept' }] } })

    const [first, second, third] = [await ticketOf(both.id), await ticketOf(one.id), await ticketOf(other.id)]
    expect(first).toMatchObject({ version: 2, labels: [{ name: 'Kept' }], updatedBy: { username: 'maintainer' } })
    expect(second).toMatchObject({ version: 3, labels: [] })
    expect(third).toMatchObject({ version: 1, labels: [{ name: 'Kept' }], history: { totalCount: 0 } })
    const batch = first?.history.nodes[0]?.batch
    expect(batch).toMatch(/^[0-9a-f-]{36}$/)
    const event = { source: 'BULK', batch, at: first?.updatedAt, actor: { username: 'maintainer' } }
    const changed = (from: string, to: string | null) => [{ field: 'labels', from, to }]
    expect(first?.history.nodes).toEqual([{ ...event, version: 2, changes: changed('gone, Kept', 'Kept') }])
    expect(second?.history.nodes[0]).toEqual({ ...event, version: 3, changes: changed('gone', null) })
    expect(second?.updatedAt).toBe(first?.updatedAt)
  })

  test('returns errors for mutations of a deleted label', async () => {
    const id = await createLabel(users.maintainer, 'CORE', 'brief')
    const issue = await createIssue(users.contributor, 'CORE', 'Without')
    await users.maintainer.ask(LabelDelete, { id })
    const codes = [
      (await users.maintainer.expectError(LabelDelete, { id })).extensions?.code,
      (await users.maintainer.expectError(LabelUpdate, { input: { id, name: 'again' } })).extensions?.code,
      (await users.contributor.expectError(LabelSet, { input: { ticketId: issue.id, labelIds: [id] } })).extensions
        ?.code,
    ]
    expect(codes).toEqual(['NOT_FOUND', 'NOT_FOUND', 'BAD_USER_INPUT'])
    await createLabel(users.maintainer, 'CORE', 'brief')
  })
})
