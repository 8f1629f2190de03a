import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { countsOf, importCsv } from './support/imports.ts'
import { createIssue, createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer({ SNAGLIST_COST_LIMIT: '1000000' })
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const NormalDefect = graphql(`
  mutation NormalDefect($input: CreateDefectInput!) {
    createDefect(input: $input) { defect { id title description category subcategory absn reportedBy } }
  }
`)
const NormalComment = graphql(`
  mutation NormalComment($input: AddCommentInput!) { addComment(input: $input) { comment { body } } }
`)
const NormalLabel = graphql(`
  mutation NormalLabel($input: CreateLabelInput!) { createLabel(input: $input) { label { name description } } }
`)
const NormalProject = graphql(`
  mutation NormalProject($input: UpdateProjectInput!) { updateProject(input: $input) { project { name description } } }
`)
const NormalUser = graphql(`
  mutation NormalUser($input: UpdateUserInput!) { updateUser(input: $input) { user { name } } }
`)
const NormalUsers = graphql(`query NormalUsers($search: String) { users(search: $search) { totalCount } }`)
const NormalTickets = graphql(`
  query NormalTickets($filter: TicketFilter) { tickets(filter: $filter) { totalCount } }
`)
const NormalIssue = graphql(`
  mutation NormalIssue($input: CreateIssueInput!) { createIssue(input: $input) { issue { title description } } }
`)

const decomposed = 'Pru\u0308fstand \u1112\u1161\u11ab \u212b'
const composed = 'Prüfstand 한 Å'

describe('texts in NFD', () => {
  test('are stored in NFC in all fields', async () => {
    const text = decomposed
    const { createDefect } = await users.maintainer.ask(NormalDefect, {
      input: {
        projectId: 'CORE',
        title: text,
        description: text,
        category: text,
        subcategory: text,
        absn: text,
        reportedBy: text,
      },
    })
    const ticketId = createDefect.defect.id
    const { addComment } = await users.maintainer.ask(NormalComment, { input: { ticketId, body: text } })
    const { createLabel } = await users.maintainer.ask(NormalLabel, {
      input: { projectId: 'CORE', name: text, color: '#336699', description: text },
    })
    const { updateProject } = await users.maintainer.ask(NormalProject, {
      input: { id: 'CORE', name: text, description: text },
    })
    const { updateUser } = await users.viewer.ask(NormalUser, { input: { id: 'viewer', name: text } })
    const { id: _, ...defect } = createDefect.defect
    const texts = [defect, addComment.comment, createLabel.label, updateProject.project, updateUser.user]
    expect(texts.flatMap((object) => Object.values(object))).toEqual(Array(12).fill(composed))
  })

  test('are found by every operator and by a search in any form', async () => {
    const project = (await createProject(users.maintainer, 'FORM')).key
    await createIssue(users.maintainer, project, decomposed, { description: composed })
    const parts = ['Pru\u0308f', 'Prüf']
    for (const title of [
      ...parts.map((startsWith) => ({ startsWith })),
      ...parts.map((contains) => ({ contains })),
      { eq: decomposed },
      { in: ['x', decomposed] },
    ])
      expect(
        (await users.maintainer.ask(NormalTickets, { filter: { project: { eq: project }, title } })).tickets.totalCount,
      ).toBe(1)
    for (const search of parts)
      expect(
        (await users.maintainer.ask(NormalTickets, { filter: { project: { eq: project }, search } })).tickets
          .totalCount,
      ).toBe(1)
    for (const search of ['u\u0308fstand', 'üFSTAND'])
      expect((await users.viewer.ask(NormalUsers, { search })).users.totalCount).toBe(1)
  })

  test('are one external key and one label in imports', async () => {
    const input = {
      projectId: (await createProject(users.maintainer, 'KEYS')).key,
      kind: 'ISSUE',
      createLabels: true,
    } as const
    const first = await importCsv(
      users.maintainer,
      `externalKey,title,labels\n${decomposed},One,${decomposed}\n`,
      input,
    )
    expect(countsOf(first)).toEqual([1, 0, 0, 0])
    const file = `externalKey,title,labels\n${composed},Two,${composed};${decomposed}\n`
    const second = await importCsv(users.maintainer, file, input, `${decomposed}.csv`)
    expect(countsOf(second)).toEqual([0, 1, 0, 0])
    expect(second.fileName).toBe(`${composed}.csv`)
  })

  test('are limited by their length in NFC', async () => {
    const title = 'e\u0301'.repeat(255)
    const description = 'e\u0301'.repeat(32_768)
    const { createIssue: created } = await users.maintainer.ask(NormalIssue, {
      input: { projectId: 'CORE', title, description },
    })
    expect(created.issue).toEqual({ title: 'é'.repeat(255), description: 'é'.repeat(32_768) })
    // NFC replaces U+0958 by two code points.
    const long = await users.maintainer.expectError(NormalIssue, {
      input: { projectId: 'CORE', title: '\u0958'.repeat(128), description: `${description}e\u0301` },
    })
    expect(long.extensions?.fieldErrors).toEqual([
      { path: 'input.title', message: 'must be at most 255 characters (got 256)' },
      { path: 'input.description', message: 'must be at most 65536 bytes (got 65538)' },
    ])
  })

  test('are rejected with more than 100 combining marks in a row', async () => {
    const marks = (count: number) => `x${'\u0316\u0301'.repeat(count / 2)}`
    const message = 'contains more than 100 combining marks in a row'
    const error = await users.maintainer.expectError(NormalIssue, {
      input: { projectId: 'CORE', title: marks(102), description: marks(20_000) },
    })
    expect(error.extensions?.fieldErrors).toEqual([
      { path: 'input.title', message },
      { path: 'input.description', message },
    ])
    await createIssue(users.maintainer, 'CORE', marks(100))
  })

  test('become the text that JavaScript normalizes, whatever it is', async () => {
    const unit = fc.constantFrom(
      'e',
      '\u0301',
      '\u0316',
      '\u1112',
      '\u1161',
      '\u11ab',
      '\u0958',
      '\u2126',
      '🐛',
      '\u200d',
      ' ',
    )
    await fc.assert(
      fc.asyncProperty(fc.string({ unit, maxLength: 20 }), async (tail) => {
        const title = `x${tail}`
        const { createIssue: created } = await users.maintainer.ask(NormalIssue, {
          input: { projectId: 'CORE', title },
        })
        expect(created.issue.title).toBe(title.normalize('NFC'))
      }),
      { numRuns: 40 },
    )
  })
})

describe('texts without a visible character', () => {
  const blankTexts = [
    ['a zero-width space', '\u200b'],
    ['fillers of Hangul', '\u3164\u115f\u1160\uffa0'],
    ['a blank of Braille', '\u2800'],
    ['bidi controls', '\u202e \u2066\u2069'],
    ['marks', '\u0301\u20dd'],
    ['a variation selector', '\ufe0f'],
    ['tags', '\u{e0001}\u{e0041}'],
    ['wide spaces', '\u3000\u2003\u00a0'],
    ['control characters', '\u0001\u007f\u0085'],
    ['joiners', '\u200d\u2060\ufeff\u00ad\u034f\u180e'],
  ] as const

  test.each(blankTexts)('are rejected as blank: %s', async (_description, text) => {
    const message = 'must not be blank'
    const errorsOf = async (request: Promise<{ extensions?: { fieldErrors?: unknown } | undefined }>) =>
      (await request).extensions?.fieldErrors
    const input = { projectId: 'CORE', title: text, category: text, subcategory: text, reportedBy: text }
    expect(await errorsOf(users.maintainer.expectError(NormalDefect, { input }))).toEqual(
      ['title', 'category', 'subcategory', 'reportedBy'].map((field) => ({ path: `input.${field}`, message })),
    )
    expect(
      await errorsOf(
        users.maintainer.expectError(NormalLabel, { input: { projectId: 'CORE', name: text, color: '#336699' } }),
      ),
    ).toEqual([{ path: 'input.name', message }])
    for (const request of [
      users.maintainer.expectError(NormalProject, { input: { id: 'CORE', name: text } }),
      users.viewer.expectError(NormalUser, { input: { id: 'viewer', name: text } }),
    ])
      expect(await errorsOf(request)).toEqual([{ path: 'input.name', message }])
    const { rejectedRows } = await importCsv(users.maintainer, `title,externalKey\n"\u200b${text}",1\n`, {
      projectId: 'CORE',
      kind: 'ISSUE',
      onError: 'SKIP',
    })
    expect(rejectedRows).toContain('title is required for a new ticket')
  })

  test.each(['🐛', '👩‍🔧', '?', '#1', '日', 'می‌خواهم', '°', '\u2028x'])('are not: %s', async (title) => {
    const { createIssue: created } = await users.maintainer.ask(NormalIssue, { input: { projectId: 'CORE', title } })
    expect(created.issue.title).toBe(title)
  })
})
