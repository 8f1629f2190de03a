import { beforeAll, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { type Cast, createCast, createDefect, createProject } from './support/people.ts'

const server = useServer()
let cast: Cast
beforeAll(async () => {
  cast = await createCast(server)
})

const DefectRecategorize = graphql(`
  mutation DefectRecategorize($input: UpdateDefectInput!) {
    updateDefect(input: $input) { defect { category subcategory version history { totalCount } } }
  }
`)
const DefectByCategory = graphql(`
  query DefectByCategory($filter: DefectFilter) { defects(filter: $filter) { totalCount } }
`)
const DefectRefused = graphql(`
  mutation DefectRefused($input: CreateDefectInput!) { createDefect(input: $input) { defect { id } } }
`)

const recategorize = async (id: string, terms: { category?: string; subcategory?: string | null }) =>
  (await cast.contributor.ask(DefectRecategorize, { input: { id, ...terms } })).updateDefect.defect

describe('categories and subcategories', () => {
  test('trims a category and a subcategory and collapses their spaces', async () => {
    const more = { subcategory: '\tToo   little\u00A0 paste ' }
    expect(await createDefect(cast.contributor, 'CORE', '  Solder \n  joint ', more)).toMatchObject({
      category: 'Solder joint',
      subcategory: 'Too little paste',
    })
  })

  test('uses the first spelling of a category and of a subcategory, independently', async () => {
    await createDefect(cast.contributor, 'CORE', 'Wiring', { subcategory: 'PAINT' })
    expect(await createDefect(cast.contributor, 'CORE', 'wIRING', { subcategory: ' paint' })).toMatchObject({
      category: 'Wiring',
      subcategory: 'PAINT',
    })
    expect(await createDefect(cast.contributor, 'CORE', 'Paint', { subcategory: 'Wiring loose' })).toMatchObject({
      category: 'Paint',
      subcategory: 'Wiring loose',
    })
    expect(await createDefect(cast.contributor, 'CORE', 'PAINT', { subcategory: 'paint' })).toMatchObject({
      category: 'Paint',
      subcategory: 'PAINT',
    })
  })

  test('folds the case of letters beyond ASCII', async () => {
    await createDefect(cast.contributor, 'CORE', 'Lötstelle ÅЖ')
    expect((await createDefect(cast.contributor, 'CORE', 'LÖTSTELLE åж')).category).toBe('Lötstelle ÅЖ')
    const { defects } = await cast.contributor.ask(DefectByCategory, { filter: { category: { eq: 'lötstelle åЖ' } } })
    expect(defects.totalCount).toBe(2)
  })

  test('uses separate spellings in each project', async () => {
    await createProject(cast.contributor, 'OTHER')
    await createDefect(cast.contributor, 'CORE', 'Housing')
    expect((await createDefect(cast.contributor, 'OTHER', 'HOUSING')).category).toBe('HOUSING')
    expect((await createDefect(cast.contributor, 'CORE', 'housing')).category).toBe('Housing')
    expect((await createDefect(cast.contributor, 'OTHER', 'housing')).category).toBe('HOUSING')
  })

  test('uses the first spelling in a patch, where another case is not a change', async () => {
    const { id } = await createDefect(cast.contributor, 'CORE', 'Display', { subcategory: 'Pixel' })
    await createDefect(cast.contributor, 'CORE', 'Battery', { subcategory: 'Swollen' })
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
    expect((await createDefect(cast.contributor, 'CORE', 'NEW KIND')).category).toBe('New kind')
  })

  test('does not store the spelling of a rejected mutation', async () => {
    const { id } = await createDefect(cast.contributor, 'CORE', 'Kept')
    await cast.contributor.expectError(DefectRefused, {
      input: { projectId: 'CORE', title: 'Refused', category: 'NEVER', assigneeId: 'nobody' },
    })
    await cast.contributor.expectError(DefectRecategorize, { input: { id, category: 'NEVER', assigneeId: 'nobody' } })
    await cast.contributor.expectError(DefectRecategorize, { input: { id, category: 'NEVER', expectedVersion: 9 } })
    expect((await createDefect(cast.contributor, 'CORE', 'Never')).category).toBe('Never')
  })

  test('accepts a category of at most 100 characters', async () => {
    expect((await createDefect(cast.contributor, 'CORE', 'é'.repeat(100))).category).toHaveLength(100)
    const { extensions } = await cast.contributor.expectError(DefectRefused, {
      input: { projectId: 'CORE', title: 'Long', category: 'é'.repeat(101), subcategory: 'é'.repeat(101) },
    })
    expect(extensions?.fieldErrors?.map(({ path }) => path).sort()).toEqual(['input.category', 'input.subcategory'])
  })
})

describe('20 concurrent mutations with a new category', () => {
  const cases = (word: string, count: number) =>
    Array.from({ length: count }, (_, index) =>
      [...word].map((letter, place) => ((index >> place) & 1 ? letter.toUpperCase() : letter)).join(''),
    )

  test('store one spelling of a category and a subcategory for concurrent defects', async () => {
    const defects = await Promise.all(
      cases('connector', 20).map((category, index) =>
        createDefect(cast.contributor, 'CORE', category, { subcategory: cases('pin bent', 20)[19 - index] }),
      ),
    )
    expect(new Set(defects.map(({ category }) => category)).size).toBe(1)
    expect(new Set(defects.map(({ subcategory }) => subcategory)).size).toBe(1)
    expect(defects[0]?.category?.toLowerCase()).toBe('connector')
    const filter = { category: { eq: 'CONNECTOR' }, subcategory: { eq: 'PIN BENT' } }
    expect((await cast.contributor.ask(DefectByCategory, { filter })).defects.totalCount).toBe(20)
  })

  test('store one spelling for concurrent patches', async () => {
    const defects = await Promise.all(cases('a', 20).map(() => createDefect(cast.contributor, 'CORE', 'Fresh')))
    const patched = await Promise.all(
      cases('gasket', 20).map((category, index) => recategorize(defects[index]?.id ?? '', { category })),
    )
    expect(new Set(patched.map(({ category }) => category)).size).toBe(1)
    expect(patched.every(({ version }) => version === 2)).toBe(true)
  })
})
