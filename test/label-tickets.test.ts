import { beforeAll, describe, expect, test } from 'vitest'
import type { LabelFilter } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import {
  CreateIssue,
  createIssue,
  createLabel,
  createProject,
  createTestUsers,
  type TestUsers,
} from './support/people.ts'

const server = useServer()
let users: TestUsers
const names = ['a', 'B', 'c', 'D', 'e', 'F', 'g', 'H'] as const
let labels: Readonly<Record<(typeof names)[number], string>>
beforeAll(async () => {
  users = await createTestUsers(server)
  const ids = await Promise.all(names.map(async (name) => [name, await createLabel(users.maintainer, 'CORE', name)]))
  labels = Object.fromEntries(ids)
})

const LabelsSet = graphql(`
  mutation LabelsSet($input: SetLabelsInput!) {
    setLabels(input: $input) { ticket { version labels { name } history { totalCount } } }
  }
`)
const LabelsAdd = graphql(`
  mutation LabelsAdd($input: AddLabelsInput!) {
    addLabels(input: $input) { ticket { version labels { name } history { totalCount } } }
  }
`)
const LabelsRemove = graphql(`
  mutation LabelsRemove($input: RemoveLabelsInput!) {
    removeLabels(input: $input) { ticket { version labels { name } history { totalCount } } }
  }
`)
const LabelsGone = graphql(`mutation LabelsGone($id: ID!) { deleteLabel(input: { id: $id }) { deletedLabelId } }`)
const LabelsState = graphql(`
  query LabelsState($id: ID!) {
    ticket(id: $id) {
      version title labels { id name }
      history(first: 200) { totalCount nodes { version changes { field from to } } }
    }
  }
`)
const LabelsRetitle = graphql(`
  mutation LabelsRetitle($id: ID!, $title: String!) {
    updateIssue(input: { id: $id, title: $title }) { issue { version } }
  }
`)

const LabelsFilter = graphql(`
  query LabelsFilter($filter: TicketFilter) { tickets(filter: $filter, orderBy: [{ field: TITLE }]) { nodes { title } } }
`)

type Name = keyof typeof labels
const idsOf = (some: readonly Name[]) => some.map((name) => labels[name])
const newIssue = async (...some: Name[]) =>
  (await createIssue(users.contributor, 'CORE', 'Labelled', { labelIds: idsOf(some) })).id
const stateOf = async (id: string) => {
  const { ticket } = await users.contributor.ask(LabelsState, { id })
  if (!ticket) throw new Error(`There is no ticket ${id}.`)
  return ticket
}

describe('labels of a ticket', () => {
  const ticketWith = (version: number, ...some: Name[]) => ({
    version,
    labels: some.map((name) => ({ name })),
    history: { totalCount: version - 1 },
  })
  const input = (ticketId: string, some: readonly Name[]) => ({ input: { ticketId, labelIds: idsOf(some) } })

  test('replaces all labels of a ticket, and changes nothing for equal ones', async () => {
    const id = await newIssue('a', 'B')
    const set = async (...some: Name[]) => (await users.contributor.ask(LabelsSet, input(id, some))).setLabels.ticket
    expect(await set('D', 'B', 'c')).toEqual(ticketWith(2, 'B', 'c', 'D'))
    expect(await set('c', 'D', 'B', 'c')).toEqual(ticketWith(2, 'B', 'c', 'D'))
    expect(await set()).toEqual(ticketWith(3))
    expect(await set()).toEqual(ticketWith(3))
  })

  test('adds and removes labels of a ticket, and ignores present and missing ones', async () => {
    const id = await newIssue('a')
    const add = async (...some: Name[]) => (await users.contributor.ask(LabelsAdd, input(id, some))).addLabels.ticket
    const remove = async (...some: Name[]) =>
      (await users.contributor.ask(LabelsRemove, input(id, some))).removeLabels.ticket
    expect(await add('c', 'a')).toEqual(ticketWith(2, 'a', 'c'))
    expect(await add('c', 'a')).toEqual(ticketWith(2, 'a', 'c'))
    expect(await add()).toEqual(ticketWith(2, 'a', 'c'))
    expect(await remove('a', 'D')).toEqual(ticketWith(3, 'c'))
    expect(await remove('a', 'D')).toEqual(ticketWith(3, 'c'))
    expect(await remove()).toEqual(ticketWith(3, 'c'))
    expect((await stateOf(id)).history.nodes.map(({ changes }) => changes)).toEqual([
      [{ field: 'labels', from: 'a, c', to: 'c' }],
      [{ field: 'labels', from: 'a', to: 'a, c' }],
    ])
  })

  test('rejects labels of other projects, malformed ids and long lists', async () => {
    await createProject(users.contributor, 'OTHER')
    const other = await createLabel(users.contributor, 'OTHER', 'a')
    const id = await newIssue('a')
    const before = await stateOf(id)
    const labelIds = [labels.B, other, crypto.randomUUID()]
    for (const Labels of [LabelsSet, LabelsAdd as never, LabelsRemove as never]) {
      const unknown = await users.contributor.expectError(Labels, { input: { ticketId: id, labelIds } })
      expect(unknown.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fieldErrors: [{ path: 'input.labelIds.1' }, { path: 'input.labelIds.2' }],
      })
      const malformed = await users.contributor.expectError(Labels, {
        input: { ticketId: 'x', labelIds: [labels.B, ' '] },
      })
      expect(malformed.extensions?.fieldErrors?.map(({ path }) => path)).toEqual(['input.ticketId', 'input.labelIds.1'])
      const many = { ticketId: id, labelIds: Array(51).fill(labels.a) }
      const { extensions } = await users.contributor.expectError(Labels, { input: many })
      expect(extensions?.fieldErrors?.map(({ path }) => path)).toEqual(['input.labelIds'])
    }
    expect(await stateOf(id)).toEqual(before)
  })

  test('rejects a change based on outdated labels', async () => {
    const id = await newIssue('a')
    await users.contributor.ask(LabelsRetitle, { id, title: 'Retitled' })
    await users.maintainer.ask(LabelsSet, { input: { ...input(id, ['B', 'c']).input, expectedVersion: 1 } })
    const before = await stateOf(id)
    expect(before.version).toBe(3)
    const labelIds = idsOf(['D'])
    for (const [Labels, ours] of [
      [LabelsSet, 'D'],
      [LabelsAdd as never, 'B, c, D'],
    ] as const) {
      const { extensions } = await users.contributor.expectError(Labels, {
        input: { ticketId: id, labelIds, expectedVersion: 2 },
      })
      expect(extensions).toMatchObject({
        code: 'CONFLICT',
        currentVersion: 3,
        fields: [{ field: 'labels', theirs: 'B, c', yours: ours }],
      })
    }
    const removal = await users.contributor.expectError(LabelsRemove, {
      input: { ...input(id, ['B', 'c']).input, expectedVersion: 2 },
    })
    expect(removal.extensions?.['fields']).toEqual([{ field: 'labels', theirs: 'B, c', yours: null }])
    const { extensions } = await users.contributor.expectError(LabelsSet, {
      input: { ticketId: id, labelIds, expectedVersion: 4 },
    })
    expect(extensions).toMatchObject({ fieldErrors: [{ path: 'input.expectedVersion' }] })
    expect(await stateOf(id)).toEqual(before)
    await users.contributor.ask(LabelsSet, { input: { ticketId: id, labelIds, expectedVersion: 3 } })
    expect(await stateOf(id)).toMatchObject({ version: 4, labels: [{ name: 'D' }] })
  })
})

describe('concurrent changes of labels', () => {
  test('stores one of 20 concurrent sets of labels, with a consistent history', async () => {
    const id = await newIssue()
    const sets = Array.from({ length: 20 }, (_, index) =>
      names.filter((_name, position) => ((index + 1) * 37) & (1 << position)),
    )
    await Promise.all(
      sets.map((some) => users.contributor.ask(LabelsSet, { input: { ticketId: id, labelIds: idsOf(some) } })),
    )
    const { version, labels: remainingLabels, history } = await stateOf(id)
    expect(sets).toContainEqual(remainingLabels.map(({ name }) => name))
    expect(history.totalCount).toBe(version - 1)
    expect(history.totalCount).toBeLessThanOrEqual(20)
    const changes = history.nodes.flatMap((event) => event.changes).toReversed()
    expect(changes.map(({ from }) => from)).toEqual([null, ...changes.map(({ to }) => to)].slice(0, -1))
    expect(changes.at(-1)?.to ?? '').toBe(remainingLabels.map(({ name }) => name).join(', '))
  })

  test('adds and removes the labels of eight concurrent clients', async () => {
    const id = await newIssue('a', 'B', 'c', 'D')
    await Promise.all([
      ...(['e', 'F', 'g', 'H'] as const).map((name) =>
        users.contributor.ask(LabelsAdd, { input: { ticketId: id, labelIds: [labels[name]] } }),
      ),
      ...(['a', 'B', 'c', 'D'] as const).map((name) =>
        users.contributor.ask(LabelsRemove, { input: { ticketId: id, labelIds: [labels[name]] } }),
      ),
    ])
    const { version, labels: remainingLabels } = await stateOf(id)
    expect(remainingLabels.map(({ name }) => name)).toEqual(['e', 'F', 'g', 'H'])
    expect(version).toBe(9)
  })

  test('records one history event per change when a label is deleted and changed concurrently', async () => {
    for (let round = 0; round < 10; round++) {
      const label = await createLabel(users.maintainer, 'CORE', `brief ${round}`)
      const labelledIssues = await Promise.all(
        Array.from({ length: 3 }, () => createIssue(users.contributor, 'CORE', 'Has it', { labelIds: [label] })),
      )
      const without = await newIssue('a')
      const labelIds = [label]
      const deletions = [() => users.maintainer.send(LabelsGone, { id: label })]
      const labelChanges = [
        // Locks the tickets, so that the following requests wait for each other.
        ...labelledIssues.map(
          ({ id }) =>
            () =>
              users.contributor.send(LabelsRetitle, { id, title: 'Retitled' }),
        ),
        ...labelledIssues.map(
          ({ id: ticketId }, index) =>
            () =>
              index % 2
                ? users.contributor.send(LabelsRemove, { input: { ticketId, labelIds } })
                : users.contributor.send(LabelsSet, { input: { ticketId, labelIds: [] } }),
        ),
        () => users.contributor.send(LabelsAdd, { input: { ticketId: without, labelIds } }),
      ]
      const all = round % 2 ? [...deletions, ...labelChanges] : [...labelChanges, ...deletions]
      for (const { errors } of await Promise.all(all.map((send) => send())))
        expect([undefined, 'BAD_USER_INPUT']).toContain(errors?.[0]?.extensions?.code)
      for (const id of [...labelledIssues.map((issue) => issue.id), without]) {
        const { labels: remainingLabels, version, history } = await stateOf(id)
        expect(remainingLabels.map(({ id: one }) => one)).not.toContain(label)
        expect(history.totalCount).toBe(version - 1)
        for (const { changes } of history.nodes) for (const { from, to } of changes) expect(to).not.toBe(from)
      }
    }
  })
})

describe('labels by name', () => {
  test('are found ignoring case, together with ids, by every mutation of labels', async () => {
    const { key } = await createIssue(users.contributor, 'CORE', 'By name', { labelIds: ['A', labels.B, 'a', 'd '] })
    expect((await stateOf(key)).labels.map(({ name }) => name)).toEqual(['a', 'B', 'D'])
    const { addLabels } = await users.contributor.ask(LabelsAdd, {
      input: { ticketId: key, labelIds: ['e', labels.F] },
    })
    expect(addLabels.ticket.labels.map(({ name }) => name)).toEqual(['a', 'B', 'D', 'e', 'F'])
    const expected = { ticketId: key, labelIds: ['E', 'f', labels.B], expectedVersion: 2 }
    const { removeLabels } = await users.contributor.ask(LabelsRemove, { input: expected })
    expect(removeLabels.ticket.labels.map(({ name }) => name)).toEqual(['a', 'D'])
    const { setLabels } = await users.contributor.ask(LabelsSet, { input: { ticketId: key, labelIds: ['h', 'G'] } })
    expect(setLabels.ticket.labels.map(({ name }) => name)).toEqual(['g', 'H'])
  })

  test('of other projects are unknown, and change nothing', async () => {
    await createProject(users.maintainer, 'NEXT')
    await createLabel(users.maintainer, 'NEXT', 'elsewhere')
    const ticketId = await newIssue('a')
    const labelIds = ['a', 'elsewhere', 'missing']
    for (const send of [
      () => users.contributor.expectError(LabelsSet, { input: { ticketId, labelIds } }),
      () => users.contributor.expectError(LabelsAdd, { input: { ticketId, labelIds, expectedVersion: 1 } }),
      () => users.contributor.expectError(CreateIssue, { input: { projectId: 'CORE', title: 'No', labelIds } }),
    ])
      expect((await send()).extensions?.fieldErrors).toEqual(
        [1, 2].map((index) => ({ path: `input.labelIds.${index}`, message: 'is not a label of the project' })),
      )
    expect((await stateOf(ticketId)).labels.map(({ name }) => name)).toEqual(['a'])
  })

  test('reveal nothing about a hidden ticket', async () => {
    const ticketId = await newIssue('a')
    const errorFor = (labelIds: readonly string[]) =>
      users.outsider.expectError(LabelsSet, { input: { ticketId, labelIds: [...labelIds] } })
    expect(await errorFor(['a'])).toEqual(await errorFor(['missing']))
  })
})

test('filters match labels by id and by name', async () => {
  const project = await createProject(users.maintainer, 'FILTER')
  const [red, blue] = [
    await createLabel(users.maintainer, 'FILTER', 'red'),
    await createLabel(users.maintainer, 'FILTER', 'blue'),
  ]
  await createIssue(users.maintainer, 'FILTER', 'red', { labelIds: [red] })
  await createIssue(users.maintainer, 'FILTER', 'both', { labelIds: [red, blue] })
  await createIssue(users.maintainer, 'FILTER', 'none')
  const titlesFor = async (label: LabelFilter) => {
    const filter = { project: { eq: project.id }, label }
    return (await users.maintainer.ask(LabelsFilter, { filter })).tickets.nodes.map(({ title }) => title)
  }
  for (const reference of [blue, blue.toUpperCase(), 'BLUE']) {
    expect(await titlesFor({ some: [reference] })).toEqual(['both'])
    expect(await titlesFor({ every: [red, reference] })).toEqual(['both'])
    expect(await titlesFor({ every: ['Red', reference] })).toEqual(['both'])
    expect(await titlesFor({ none: [reference] })).toEqual(['none', 'red'])
    expect(await titlesFor({ some: [reference, 'red'] })).toEqual(['both', 'red'])
  }
  expect(await titlesFor({ every: [red, crypto.randomUUID()] })).toEqual([])
})
