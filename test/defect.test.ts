import { beforeAll, describe, expect, test } from 'vitest'
import type { CreateDefectInput, UpdateDefectInput } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { createIssue, createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
  await users.reporter.ask(
    graphql(`mutation DefectRename { updateUser(input: { id: "reporter", name: "Rita Reporter" }) { user { name } } }`),
  )
})

const DefectCreate = graphql(`
  mutation DefectCreate($input: CreateDefectInput!) {
    createDefect(input: $input) {
      defect {
        id key number title description category subcategory absn reportedBy severity disposition status version
        reporter { username } labels { name } history { totalCount }
      }
    }
  }
`)
const DefectPatch = graphql(`
  mutation DefectPatch($input: UpdateDefectInput!) {
    updateDefect(input: $input) {
      defect {
        id key number title description category subcategory absn reportedBy severity disposition status version
        reporter { username } labels { name } history { totalCount }
      }
    }
  }
`)
const DefectState = graphql(`
  query DefectState($id: ID!) { defect(id: $id) { version category subcategory absn disposition history { totalCount } } }
`)
const DefectFind = graphql(`
  query DefectFind($filter: DefectFilter) { defects(filter: $filter, orderBy: [{ field: NUMBER }]) { nodes { key } } }
`)
const DefectKinds = graphql(`
  query DefectKinds($id: ID!) { ticket(id: $id) { __typename title ... on Defect { category severity } } }
`)

const createDefectWith = async (input: Omit<CreateDefectInput, 'projectId'> & { projectId?: string }) =>
  (await users.contributor.ask(DefectCreate, { input: { projectId: 'CORE', title: 'A defect', ...input } }))
    .createDefect.defect
const patch = async (id: string, change: Omit<UpdateDefectInput, 'id'>) =>
  (await users.contributor.ask(DefectPatch, { input: { id, ...change } })).updateDefect.defect
const findKeys = async (filter: object) =>
  (await users.contributor.ask(DefectFind, { filter: { project: { eq: 'CORE' }, ...filter } })).defects.nodes.map(
    ({ key }) => key,
  )
const errorPathsOf = async (input: CreateDefectInput) => {
  const { extensions } = await users.contributor.expectError(DefectCreate, { input })
  expect(extensions?.code).toBe('BAD_USER_INPUT')
  return extensions?.fieldErrors?.map(({ path }) => path).sort()
}

describe('createDefect and updateDefect', () => {
  test('applies defaults to a new defect: severity MAJOR and the name of the reporter', async () => {
    const { createDefect } = await users.reporter.ask(DefectCreate, {
      input: { projectId: 'CORE', title: 'Bare', category: 'Soldering' },
    })
    expect(createDefect.defect).toMatchObject({
      title: 'Bare',
      category: 'Soldering',
      subcategory: null,
      absn: null,
      reportedBy: 'Rita Reporter',
      severity: 'MAJOR',
      disposition: null,
      status: 'OPEN',
      version: 1,
      reporter: { username: 'reporter' },
    })
    expect((await createDefectWith({ category: 'Soldering', reportedBy: null, severity: 'MINOR' })).reportedBy).toBe(
      'contributor',
    )
    expect((await createDefectWith({ category: 'Soldering', reportedBy: '  Station  7 ' })).reportedBy).toBe(
      'Station 7',
    )
  })

  test('numbers defects and issues of a project together', async () => {
    await createProject(users.contributor, 'MIXED')
    expect((await createIssue(users.contributor, 'MIXED', 'First')).key).toBe('MIXED-1')
    expect((await createDefectWith({ projectId: 'MIXED', category: 'Any' })).key).toBe('MIXED-2')
    expect((await createIssue(users.contributor, 'MIXED', 'Third')).key).toBe('MIXED-3')
  })

  test('returns the fields of defects that issues do not have', async () => {
    const issue = await createIssue(users.contributor, 'CORE', 'An issue')
    const defect = await createDefectWith({ category: 'Soldering' })
    const kindOf = async (id: string) => (await users.contributor.ask(DefectKinds, { id })).ticket
    expect(await kindOf(issue.id)).toEqual({ __typename: 'Issue', title: 'An issue' })
    expect(await kindOf(defect.id)).toEqual({
      __typename: 'Defect',
      title: 'A defect',
      category: 'Soldering',
      severity: 'MAJOR',
    })
    const response = await users.contributor.post({ query: `{ issue(id: "${issue.key}") { severity } }` })
    expect(response.errors?.[0]?.message).toContain('Cannot query field "severity" on type "Issue"')
    const error = await users.contributor.expectError(DefectPatch, { input: { id: issue.id, severity: 'MINOR' } })
    expect(error.extensions?.code).toBe('NOT_FOUND')
  })

  test('sets, changes and clears the disposition of a defect', async () => {
    const { id } = await createDefectWith({ category: 'Soldering' })
    expect(await patch(id, { disposition: 'PENDING' })).toMatchObject({ disposition: 'PENDING', version: 2 })
    expect(await patch(id, { disposition: 'SCRAP' })).toMatchObject({ disposition: 'SCRAP', version: 3 })
    expect(await patch(id, { title: 'Other' })).toMatchObject({ disposition: 'SCRAP', version: 4 })
    expect(await patch(id, { disposition: null })).toMatchObject({ disposition: null, version: 5 })
    expect(await patch(id, { disposition: null })).toMatchObject({ version: 5, history: { totalCount: 4 } })
  })

  test('keeps omitted fields of a defect, clears null fields and rejects null for required fields', async () => {
    const { id } = await createDefectWith({
      category: 'Soldering',
      subcategory: 'Bridge',
      absn: 'A1',
      reportedBy: 'Ann',
    })
    expect(await patch(id, { severity: 'CRITICAL' })).toMatchObject({
      category: 'Soldering',
      subcategory: 'Bridge',
      absn: 'A1',
      reportedBy: 'Ann',
      severity: 'CRITICAL',
      version: 2,
    })
    expect(await patch(id, { subcategory: null, absn: null })).toMatchObject({
      subcategory: null,
      absn: null,
      version: 3,
    })
    const { extensions } = await users.contributor.expectError(DefectPatch, {
      input: { id, category: null, severity: null, reportedBy: null, title: null },
    })
    expect(extensions?.fieldErrors?.map(({ path }) => path).sort()).toEqual([
      'input.category',
      'input.reportedBy',
      'input.severity',
      'input.title',
    ])
    expect((await users.contributor.ask(DefectState, { id })).defect).toMatchObject({ version: 3 })
  })
})

describe('title of a defect', () => {
  test.each([
    { source: 'the only line of the description', description: 'Cold joint', title: 'Cold joint' },
    { source: 'the first line of the description', description: 'Cold joint\nat R12', title: 'Cold joint' },
    { source: 'a line that ends in CRLF', description: 'Cold joint\r\nat R12\r\n', title: 'Cold joint' },
    {
      source: 'the first line that is not blank',
      description: '\r\n \t\n\n  Cold joint  \nat R12',
      title: 'Cold joint',
    },
    { source: 'a long line, truncated', description: 'é'.repeat(600), title: 'é'.repeat(255) },
  ])('uses $source as the default title of a defect', async ({ description, title }) => {
    const input = { projectId: 'CORE', category: 'Any', description }
    for (const more of [{}, { title: null }]) {
      const { createDefect } = await users.contributor.ask(DefectCreate, { input: { ...input, ...more } })
      expect(createDefect.defect).toMatchObject({ title, description })
    }
  })

  test('requires the title of a defect if the description contains no text', async () => {
    for (const description of [undefined, null, '', ' \r\n\t\n'])
      expect(
        await errorPathsOf({ projectId: 'CORE', category: 'Any', ...(description !== undefined && { description }) }),
      ).toEqual(['input.title'])
  })

  test('reports a missing title of a defect together with all other errors', async () => {
    expect(
      await errorPathsOf({ projectId: 'CORE', category: ' ', subcategory: '', reportedBy: '', absn: '\0', title: '' }),
    ).toEqual(['input.absn', 'input.category', 'input.reportedBy', 'input.subcategory', 'input.title'])
    expect(await errorPathsOf({ projectId: 'CORE', category: ' ' })).toEqual(['input.category', 'input.title'])
  })
})

describe('serial number', () => {
  test('trims a serial number and finds it case-insensitively', async () => {
    const { key, absn } = await createDefectWith({ category: 'Any', absn: '  SN-0042x\t' })
    expect(absn).toBe('SN-0042x')
    for (const filter of [
      { eq: 'sn-0042X' },
      { in: ['other', 'SN-0042X'] },
      { startsWith: 'sn-00' },
      { contains: '42X' },
    ])
      expect(await findKeys({ absn: filter })).toEqual([key])
    expect(await findKeys({ absn: { eq: 'SN-0042' } })).toEqual([])
  })

  test('trims a serial number in a patch', async () => {
    const { id, key } = await createDefectWith({ category: 'Any', absn: 'old' })
    expect((await patch(id, { absn: ' New-7 ' })).absn).toBe('New-7')
    expect(await findKeys({ absn: { eq: 'NEW-7' } })).toEqual([key])
    expect((await patch(id, { absn: 'New-7  ' })).version).toBe(2)
  })

  test('stores a blank serial number as null', async () => {
    expect((await createDefectWith({ category: 'Any', absn: '  ' })).absn).toBeNull()
  })
})
