import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { createIssue, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer({ SNAGLIST_COST_LIMIT: '1000000' })
let users: TestUsers

const Read = graphql(`
  query Excerpt($id: ID!, $search: String!, $maxLength: Int) {
    ticket(id: $id) { excerpt(search: $search, maxLength: $maxLength) { text hits { start end } } }
  }
`)
const Comment = graphql(
  `mutation ExcerptComment($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }`,
)

beforeAll(async () => {
  users = await createTestUsers(server)
})

/** The excerpt of a ticket with hits in brackets. */
async function excerpt(id: string, search: string, maxLength = 200): Promise<string | null> {
  const result = (await users.viewer.ask(Read, { id, search, maxLength })).ticket?.excerpt
  if (!result) return null
  expect(result.text.length).toBeLessThanOrEqual(maxLength)
  return result.hits.reduceRight(
    (text, { start, end }) => `${text.slice(0, start)}[${text.slice(start, end)}]${text.slice(end)}`,
    result.text,
  )
}

const issue = async (title: string, description?: string) =>
  (await createIssue(users.maintainer, 'CORE', title, { description })).id

describe('excerpt', () => {
  test('returns inflected words and parts of words as hits of an excerpt', async () => {
    const id = await issue('Workflows', 'The executors\n\nwere failing in a workflow')
    expect(await excerpt(id, 'executor fail')).toBe('The [executors] were [failing] in a workflow')
    expect(await excerpt(id, 'flow')).toBe('Work[flow]s')
    expect(await excerpt(id, '"were failing" -title')).toBe('The executors [were failing] in a workflow')
  })

  test('returns an excerpt of the best matching text', async () => {
    const id = await issue('Title', 'Something else')
    await users.reporter.ask(Comment, { input: { ticketId: id, body: 'A zebra of <b>stripes</b>' } })
    expect(await excerpt(id, 'zebra')).toBe('A [zebra] of <b>stripes</b>')
    expect(await excerpt(id, 'title zebra')).toBe('[Title]')
  })

  test('returns the part of a text with the most hits as excerpt, cut between words', async () => {
    const filler = 'lorem ipsum dolor sit amet '.repeat(20)
    const id = await issue('Title', `one ${filler}two three ${filler}`)
    const result = await excerpt(id, 'one two three', 60)
    expect(result).toMatch(/^(?:\w+ )*\[two\] \[three\](?: \w+)*$/)
  })

  test('returns a null excerpt without hits', async () => {
    const id = await issue('Title', 'Description')
    for (const search of ['elsewhere', '', '-title', 'CORE-1']) expect(await excerpt(id, search)).toBeNull()
  })

  test('returns excerpts that never cut a surrogate pair, with hits that contain the search text', async () => {
    const filler = fc.string({ unit: fc.constantFrom('\u{1f41b}', 'a', ' ', 'é', '<b>', '\n', '&'), maxLength: 120 })
    await fc.assert(
      fc.asyncProperty(filler, filler, fc.integer({ min: 20, max: 60 }), async (before, after, maxLength) => {
        const id = await issue('Title', `${before}needle${after}`)
        const result = (await users.viewer.ask(Read, { id, search: 'needle', maxLength })).ticket?.excerpt
        expect(result?.text.isWellFormed()).toBe(true)
        expect(result?.text.length).toBeLessThanOrEqual(maxLength)
        expect(result?.hits.map(({ start, end }) => result.text.slice(start, end)).join(' ')).toContain('needle')
      }),
      { numRuns: 30 },
    )
  })

  test.each([
    ['a maxLength of 19', 'maxLength', 'x', 19, 'must be between 20 and 1,000 (got 19)'],
    ['a maxLength of 1001', 'maxLength', 'x', 1001, 'must be between 20 and 1,000 (got 1001)'],
    ['a search of 1001 characters', 'search', 'x'.repeat(1001), 200, 'must be at most 1000 characters (got 1001)'],
  ])('rejects an excerpt with %s', async (_description, path, search, maxLength, message) => {
    const id = await issue('Title')
    expect((await users.viewer.expectError(Read, { id, search, maxLength })).extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fieldErrors: [{ path, message }],
    })
  })
})
