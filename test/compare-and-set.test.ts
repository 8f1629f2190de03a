import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import type { ApiResponse } from './support/client.ts'
import { createDefect, createLabel, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
let labels: string[]
beforeAll(async () => {
  users = await createTestUsers(server)
  labels = [await createLabel(users.maintainer, 'CORE', 'a'), await createLabel(users.maintainer, 'CORE', 'b')]
  // The spelling that the project uses for every other one.
  await createDefect(users.contributor, 'CORE', 'Solder')
})

const Update = graphql(`
  mutation CompareUpdate($input: UpdateDefectInput!) { updateDefect(input: $input) { defect { version } } }
`)
const Assign = graphql(`
  mutation CompareAssign($input: AssignTicketInput!) { assignTicket(input: $input) { ticket { version } } }
`)
const SetLabels = graphql(`
  mutation CompareLabels($input: SetLabelsInput!) { setLabels(input: $input) { ticket { version } } }
`)
const State = graphql(`
  query CompareState($id: ID!) {
    defect(id: $id) {
      title description priority status resolution category subcategory version
      assignee { username } labels { name } history { totalCount }
    }
  }
`)

const text = fc.constantFrom('one', 'two', 'three')
const usernames = fc.constantFrom('contributor', 'reporter', null)
const patch = fc.record(
  {
    title: text,
    description: fc.option(text),
    priority: fc.constantFrom('LOW' as const, 'HIGH' as const),
    status: fc.constantFrom('OPEN' as const, 'RESOLVED' as const),
    category: fc.constantFrom('Solder', 'SOLDER', 'Glue', 'glue'),
    subcategory: fc.option(fc.constantFrom('Joint', 'Wire')),
    assignee: usernames,
  },
  { requiredKeys: [] },
)
/** `age` is the number of versions since the one that a write is based on. */
const write = fc.oneof(
  fc.record({ age: fc.nat(4), patch }),
  fc.record({ age: fc.nat(4), patch: fc.record({ assignee: usernames }) }),
  fc.record({ age: fc.nat(4), patch: fc.record({ labels: fc.subarray(['a', 'b']) }) }),
)

type Fields = Record<string, unknown>
const foldedSpelling: Readonly<Record<string, string>> = { SOLDER: 'Solder', glue: 'Glue' }

/** A ticket, and the version of the last change of each of its fields. */
class Model {
  readonly fields: Fields = {
    title: 'one',
    description: null,
    priority: 'MEDIUM',
    status: 'OPEN',
    resolution: null,
    category: 'Solder',
    subcategory: null,
    assignee: null,
    labels: '',
  }
  version = 1
  readonly changedIn = new Map<string, number>()

  /** Returns the names of conflicting fields. */
  write(given: Fields, expectedVersion: number): string[] {
    const values: Fields = { ...given }
    if (given['status'] !== undefined)
      values['resolution'] = given['status'] === 'OPEN' ? null : (this.fields['resolution'] ?? 'FIXED')
    const changed = Object.keys(values).filter((name) => values[name] !== this.fields[name])
    const conflicts = [...new Set([...Object.keys(given), ...changed])].filter(
      (name) => (this.changedIn.get(name) ?? 1) > expectedVersion,
    )
    if (conflicts.length > 0 || changed.length === 0) return conflicts
    this.version++
    for (const name of changed) this.changedIn.set(name, this.version)
    Object.assign(this.fields, values)
    return []
  }
}

function send(id: string, expectedVersion: number, { assignee, labels: names, ...given }: Fields) {
  const client = users.contributor
  if (names !== undefined) {
    const labelIds = labels.filter((_, index) => (names as string[]).includes('ab'[index] ?? ''))
    return client.send(SetLabels, { input: { ticketId: id, expectedVersion, labelIds } })
  }
  const assigneeId = assignee as string | null
  if (assignee !== undefined && Object.keys(given).length === 0)
    return client.send(Assign, { input: { id, expectedVersion, assigneeId } })
  return client.send(Update, {
    input: { id, expectedVersion, ...given, ...(assignee !== undefined && { assigneeId }) },
  })
}

const conflictsOf = ({ errors }: ApiResponse<unknown>) =>
  ((errors?.[0]?.extensions?.['fields'] ?? []) as { field: string }[]).map(({ field }) => field).sort()

test('a write with expectedVersion conflicts exactly with changes of its fields since then', async () => {
  await createDefect(users.contributor, 'CORE', 'Glue')
  await fc.assert(
    fc.asyncProperty(fc.array(write, { minLength: 2, maxLength: 8 }), async (writes) => {
      const { id } = await createDefect(users.contributor, 'CORE', 'Solder', { title: 'one' })
      const model = new Model()
      for (const { age, patch } of writes) {
        const expectedVersion = Math.max(1, model.version - age)
        const response = await send(id, expectedVersion, patch)
        const { category, labels: names, ...others } = patch as { category?: string; labels?: string[] }
        const expectedConflicts = model.write(
          {
            ...others,
            ...(category && { category: foldedSpelling[category] ?? category }),
            ...(names && { labels: names.join() }),
          },
          expectedVersion,
        )
        expect(conflictsOf(response)).toEqual(expectedConflicts.sort())
        expect(response.errors?.[0]?.extensions?.code).toBe(expectedConflicts.length > 0 ? 'CONFLICT' : undefined)
        const { defect } = await users.contributor.ask(State, { id })
        expect({
          ...defect,
          assignee: defect?.assignee?.username ?? null,
          labels: defect?.labels.map(({ name }) => name).join(),
        }).toEqual({ ...model.fields, version: model.version, history: { totalCount: model.version - 1 } })
      }
    }),
    { numRuns: 20 },
  )
})

test.each<[field: string, values: fc.Arbitrary<Fields>]>([
  ['title', fc.record({ title: text })],
  ['assignee', fc.record({ assignee: fc.constantFrom('contributor', 'reporter') })],
  ['labels', fc.record({ labels: fc.subarray(['a', 'b'], { minLength: 1 }) })],
])('of concurrent writers of the %s from one version, equal values included, one succeeds', async (field, values) => {
  const other = fc.record({ priority: fc.constantFrom('LOW', 'HIGH') })
  await fc.assert(
    fc.asyncProperty(fc.array(values, { minLength: 2, maxLength: 6 }), other, async (writes, disjoint) => {
      const { id } = await createDefect(users.contributor, 'CORE', 'Solder', { title: 'zero' })
      const [merged, ...responses] = await Promise.all([disjoint, ...writes].map((write) => send(id, 1, write)))
      expect(merged?.errors).toBeUndefined()
      expect(responses.filter(({ errors }) => !errors)).toHaveLength(1)
      for (const response of responses.filter(({ errors }) => errors)) expect(conflictsOf(response)).toEqual([field])
      const { defect } = await users.contributor.ask(State, { id })
      expect(defect).toMatchObject({ ...disjoint, version: 3, history: { totalCount: 2 } })
    }),
    { numRuns: 15 },
  )
})
