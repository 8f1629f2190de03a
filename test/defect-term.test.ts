import { beforeAll, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { createDefect, createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const DefectRecategorize = graphql(`
  mutation DefectRecategorize($input: UpdateDefectInput!) {
    updateDefect(input: $input) { defect { category subcategory version history { totalCount } } }
  }
`)
const DefectByCategory = graphql(`
  query DefectByCategory($filter: DefectFilter) { defects(filter: $filter) { totalCount } }
`)
const DefectRejected = graphql(`
  mutation DefectRejected($input: CreateDefectInput!) { createDefect(input: $input) { defect { id } } }
`)

const recategorize = async (id: string, terms: { category?: string; subcategory?: string | null }) =>
  (await users.contributor.ask(DefectRecategorize, { input: { id, ...terms } })).updateDefect.defect

describe('categories and subcategories', () => {
  test('trims a category and a subcategory and collapses their spaces', async () => {
    const more = { subcategory: '\tToo   little\u00A0 paste ' }
    expect(await createDefect(users.contributor, 'CORE', '  Solder \n  joint ', more)).toMatchObject({
      category: 'Solder joint',
      subcategory: 'Too little paste',
    })
  })

  test('uses the first spelling of a category and of a subcategory, independently', async () => {
    await createDefect(users.contributor, 'CORE', 'Wiring', { subcategory: 'PAINT' })
    expect(await createDefect(users.contributor, 'CORE', 'wIRING', { subcategory: ' paint' })).toMatchObject({
      category: 'Wiring',
      subcategory: 'PAINT',
    })
    expect(await createDefect(users.contributor, 'CORE', 'Paint', { subcategory: 'Wiring loose' })).toMatchObject({
      category: 'Paint',
      subcategory: 'Wiring loose',
    })
    expect(await createDefect(users.contributor, 'CORE', 'PAINT', { subcategory: 'paint' })).toMatchObject({
      category: 'Paint',
      subcategory: 'PAINT',
    })
  })

  test('folds the case of letters beyond ASCII in a category', async () => {
    await createDefect(users.contributor, 'CORE', 'Lötstelle ÅЖ')
    expect((await createDefect(users.contributor, 'CORE', 'LÖTSTELLE åж')).category).toBe('Lötstelle ÅЖ')
    const { defects } = await users.contributor.ask(DefectByCategory, { filter: { category: { eq: 'lötstelle åЖ' } } })
    expect(defects.totalCount).toBe(2)
  })

  test('uses a separate spelling of a category in each project', async () => {
    await createProject(users.contributor, 'OTHER')
    await createDefect(users.contributor, 'CORE', 'Housing')
    expect((await createDefect(users.contributor, 'OTHER', 'HOUSING')).category).toBe('HOUSING')
    expect((await createDefect(users.contributor, 'CORE', 'housing')).category).toBe('Housing')
    expect((await createDefect(users.contributor, 'OTHER', 'housing')).category).toBe('HOUSING')
  })

  test('uses the first spelling of a category in a patch, and ignores a change of case', async () => {
    const { id } = await createDefect(users.contributor, 'CORE', 'Display', { subcategory: 'Pixel' })
    await createDefect(users.contributor, 'CORE', 'Battery', { subcategory: 'Swollen' })
    expect(await recategorize(id, { category: 'DISPLAY', subcategory: ' pixel ' })).toMatchObject({ version: 1 })
    expect(await recategorize(id, { category: 'BATTERY', subcategory: 'SWOLLEN' })).toEqual({
      category: 'Battery',
      subcategory: 'Swollen',
      version: 2,
      history: { totalCount: 1 },
    })
    expect(await recategorize(id, { category: '  New  kind' })).toMatchObject({
      category: 'New kind',
      subcategory: 'Swollen',
    })
    expect((await createDefect(users.contributor, 'CORE', 'NEW KIND')).category).toBe('New kind')
  })

  test('does not store the spelling of a category from a rejected mutation', async () => {
    const { id } = await createDefect(users.contributor, 'CORE', 'Kept')
    await users.contributor.expectError(DefectRejected, {
      input: { projectId: 'CORE', title: 'Refused', category: 'NEVER', assigneeId: 'nosuchuser' },
    })
    await users.contributor.expectError(DefectRecategorize, {
      input: { id, category: 'NEVER', assigneeId: 'nosuchuser' },
    })
    await users.contributor.expectError(DefectRecategorize, { input: { id, category: 'NEVER', expectedVersion: 9 } })
    expect((await createDefect(users.contributor, 'CORE', 'Never')).category).toBe('Never')
  })

  test('accepts a category of at most 100 characters', async () => {
    expect((await createDefect(users.contributor, 'CORE', 'é'.repeat(100))).category).toHaveLength(100)
    const { extensions } = await users.contributor.expectError(DefectRejected, {
      input: { projectId: 'CORE', title: 'Long', category: 'é'.repeat(101), subcategory: 'é'.repeat(101) },
    })
    expect(extensions?.fieldErrors?.map(({ path }) => path).sort()).toEqual(['input.category', 'input.subcategory'])
  })
})

describe('concurrent mutations with a new category', () => {
  const cases = (word: string, count: number) =>
    Array.from({ length: count }, (_, index) =>
      [...word].map((letter, position) => ((index >> position) & 1 ? letter.toUpperCase() : letter)).join(''),
    )

  test('stores one spelling of a category and a subcategory for 20 concurrent defects', async () => {
    const defects = await Promise.all(
      cases('connector', 20).map((category, index) =>
        createDefect(users.contributor, 'CORE', category, { subcategory: cases('pin bent', 20)[19 - index] }),
      ),
    )
    expect(new Set(defects.map(({ category }) => category)).size).toBe(1)
    expect(new Set(defects.map(({ subcategory }) => subcategory)).size).toBe(1)
    expect(defects[0]?.category?.toLowerCase()).toBe('connector')
    const filter = { category: { eq: 'CONNECTOR' }, subcategory: { eq: 'PIN BENT' } }
    expect((await users.contributor.ask(DefectByCategory, { filter })).defects.totalCount).toBe(20)
  })

  test('stores one spelling of a category for 20 concurrent patches', async () => {
    const defects = await Promise.all(cases('a', 20).map(() => createDefect(users.contributor, 'CORE', 'Fresh')))
    const patched = await Promise.all(
      cases('gasket', 20).map((category, index) => recategorize(defects[index]?.id ?? '', { category })),
    )
    expect(new Set(patched.map(({ category }) => category)).size).toBe(1)
    expect(patched.every(({ version }) => version === 2)).toBe(true)
  })
})
