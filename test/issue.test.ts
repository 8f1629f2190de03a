import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { isBlank, toNormalForm } from '../src/normal-form.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { createLabel, createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const IssueCreate = graphql(`
  mutation IssueCreate($input: CreateIssueInput!) {
    createIssue(input: $input) {
      issue {
        id key number title description status resolution priority version createdAt updatedAt resolvedAt archivedAt
        project { key } reporter { username } assignee { username } updatedBy { username } labels { name }
        commentCount history { totalCount }
      }
    }
  }
`)
const IssueNumbers = graphql(`
  query IssueNumbers($project: ID!, $after: String) {
    issues(filter: { project: { eq: $project } }, orderBy: [{ field: NUMBER }], first: 200, after: $after) {
      totalCount nodes { number }
    }
  }
`)
const IssueTexts = graphql(`query IssueTexts($id: ID!) { issue(id: $id) { title description } }`)
const IssueTextsChange = graphql(`
  mutation IssueTextsChange($input: UpdateIssueInput!) { updateIssue(input: $input) { issue { title description } } }
`)

const pathsOf = (error: { extensions?: { fieldErrors?: readonly { path: string }[] } } | undefined) =>
  error?.extensions?.fieldErrors?.map(({ path }) => path).sort()

describe('createIssue', () => {
  test('applies defaults to an issue with only a title', async () => {
    const { createIssue } = await users.reporter.ask(IssueCreate, {
      input: { projectId: users.project.id, title: 'Bare' },
    })
    expect(createIssue.issue).toMatchObject({
      key: `CORE-${createIssue.issue.number}`,
      title: 'Bare',
      description: null,
      status: 'OPEN',
      resolution: null,
      priority: 'MEDIUM',
      version: 1,
      resolvedAt: null,
      archivedAt: null,
      project: { key: 'CORE' },
      reporter: { username: 'reporter' },
      assignee: null,
      updatedBy: null,
      labels: [],
      commentCount: 0,
      history: { totalCount: 0 },
    })
    expect(createIssue.issue.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(createIssue.issue.updatedAt).toBe(createIssue.issue.createdAt)
  })

  test('creates an issue by project key and username in any case, with labels sorted by name', async () => {
    const labelIds = [
      await createLabel(users.maintainer, 'CORE', 'zebra'),
      await createLabel(users.maintainer, 'CORE', 'Ant'),
    ]
    const { createIssue } = await users.contributor.ask(IssueCreate, {
      input: {
        projectId: 'core',
        title: 'Full',
        description: 'All of it',
        priority: 'URGENT',
        assigneeId: 'Maintainer',
        labelIds: [...labelIds, ...labelIds.map((id) => id.toUpperCase())],
      },
    })
    expect(createIssue.issue).toMatchObject({
      description: 'All of it',
      priority: 'URGENT',
      assignee: { username: 'maintainer' },
      labels: [{ name: 'Ant' }, { name: 'zebra' }],
      version: 1,
      history: { totalCount: 0 },
    })
  })

  test('accepts null for optional fields of a new issue', async () => {
    const nothing = { description: null, assigneeId: null, labelIds: null }
    const { createIssue } = await users.reporter.ask(IssueCreate, {
      input: { projectId: 'CORE', title: 'Null', ...nothing },
    })
    expect(createIssue.issue).toMatchObject({ description: null, assignee: null, labels: [] })
  })

  test('numbers 60 concurrent issues without gaps although some are rejected', async () => {
    await createProject(users.maintainer, 'RUSH')
    const invalidInputs = [
      {},
      { title: ' ' },
      {},
      { assigneeId: 'nosuchuser' },
      {},
      { labelIds: [crypto.randomUUID()] },
    ]
    const responses = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        users.maintainer.send(IssueCreate, {
          input: { projectId: 'RUSH', title: `Issue ${index}`, ...invalidInputs[index % invalidInputs.length] },
        }),
      ),
    )
    responses.forEach(({ errors }, index) => {
      expect(errors?.[0]?.extensions?.code).toBe(index % 2 === 0 ? undefined : 'BAD_USER_INPUT')
    })
    const numbers = responses.flatMap(({ data }) => data?.createIssue.issue.number ?? [])
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
    const { issues } = await users.maintainer.ask(IssueNumbers, { project: 'RUSH' })
    expect(issues.nodes.map(({ number }) => number)).toEqual(numbers)
    const { createIssue } = await users.maintainer.ask(IssueCreate, { input: { projectId: 'RUSH', title: 'Next' } })
    expect(createIssue.issue.key).toBe('RUSH-31')
  })

  test('reports all field errors of an issue together', async () => {
    const error = await users.contributor.expectError(IssueCreate, {
      input: {
        projectId: 'no project',
        title: '\n ',
        description: 'nul \0',
        priority: null,
        assigneeId: 'two words',
        labelIds: [crypto.randomUUID(), ' '],
      },
    })
    expect(error.extensions?.code).toBe('BAD_USER_INPUT')
    expect(error.extensions?.fieldErrors?.map(({ path, message }) => `${path} ${message}`).sort()).toEqual([
      'input.assigneeId is neither a user id nor a username',
      'input.description contains an invalid character (NUL or an unpaired surrogate)',
      'input.labelIds.1 must not be blank',
      'input.priority must not be null',
      'input.projectId is neither a project id nor a key such as "CORE"',
      'input.title must not be blank',
    ])
  })

  test('reports field errors that require the database together with all others', async () => {
    const unknownReferences = { assigneeId: 'nosuchuser', labelIds: [crypto.randomUUID(), crypto.randomUUID()] }
    const referenceError = await users.contributor.expectError(IssueCreate, {
      input: { projectId: 'CORE', title: 'Good', ...unknownReferences },
    })
    expect(pathsOf(referenceError)).toEqual(['input.assigneeId', 'input.labelIds.0', 'input.labelIds.1'])
    const all = await users.contributor.expectError(IssueCreate, {
      input: { projectId: 'CORE', title: ' ', ...unknownReferences },
    })
    expect(pathsOf(all)).toEqual(['input.assigneeId', 'input.labelIds.0', 'input.labelIds.1', 'input.title'])
  })

  test('rejects assignees who cannot see the project or are deactivated', async () => {
    const before = (await users.contributor.ask(IssueNumbers, { project: 'CORE' })).issues.totalCount
    await users.admin.ask(
      graphql(`mutation IssueCloseViewer { updateUser(input: { id: "viewer", active: false }) { user { active } } }`),
    )
    for (const assigneeId of ['outsider', 'viewer', users.outsider.id, crypto.randomUUID()]) {
      const error = await users.contributor.expectError(IssueCreate, {
        input: { projectId: 'CORE', title: 'To', assigneeId },
      })
      expect(pathsOf(error)).toEqual(['input.assigneeId'])
    }
    expect((await users.contributor.ask(IssueNumbers, { project: 'CORE' })).issues.totalCount).toBe(before)
  })
})

describe('texts of an issue', () => {
  const fits = (text: string) => !text.includes('\0') && !isBlank(text)
  const texts = (maxLength: number) =>
    fc.string({ unit: 'binary', minLength: 1, maxLength }).filter(fits).map(toNormalForm)

  test('returns the texts of an issue in normal form, otherwise unchanged', async () => {
    const awkward = [
      '  spaces around  ',
      'line\nafter line\r\nand tab\t',
      `"quotes" 'single' \`back\` \\ {"json": [null]} $1 %s ; -- DROP`,
      'emoji 👩‍🔧🇩🇪, e\u0301 next to é, العربية, \u200Bzero\uFEFF',
      '\uFFFD\u0001\u001F\u007F\u2028',
    ]
    for (const text of awkward) {
      const { createIssue } = await users.reporter.ask(IssueCreate, {
        input: { projectId: 'CORE', title: text, description: text },
      })
      const stored = text.normalize('NFC')
      expect(createIssue.issue).toMatchObject({ title: stored, description: stored })
      expect((await users.reporter.ask(IssueTexts, { id: createIssue.issue.id })).issue).toEqual({
        title: stored,
        description: stored,
      })
    }
  })

  test('returns texts of random characters unchanged', async () => {
    const { createIssue } = await users.reporter.ask(IssueCreate, { input: { projectId: 'CORE', title: 'Any' } })
    const { id } = createIssue.issue
    await fc.assert(
      fc.asyncProperty(texts(250), texts(1000), async (title, description) => {
        const { updateIssue } = await users.reporter.ask(IssueTextsChange, { input: { id, title, description } })
        expect(updateIssue.issue).toEqual({ title, description })
        expect((await users.reporter.ask(IssueTexts, { id })).issue).toEqual({ title, description })
      }),
      { numRuns: 12 },
    )
  })

  test('accepts texts of an issue up to their maximum length', async () => {
    const longest = { title: '🔩'.repeat(255), description: 'é'.repeat(32_768) }
    const { createIssue } = await users.reporter.ask(IssueCreate, { input: { projectId: 'CORE', ...longest } })
    expect(createIssue.issue).toMatchObject(longest)
    const longer = { title: `${longest.title}!`, description: `${longest.description}!` }
    const createError = await users.reporter.expectError(IssueCreate, { input: { projectId: 'CORE', ...longer } })
    expect(pathsOf(createError)).toEqual(['input.description', 'input.title'])
    const updateError = await users.reporter.expectError(IssueTextsChange, {
      input: { id: createIssue.issue.id, ...longer },
    })
    expect(pathsOf(updateError)).toEqual(['input.description', 'input.title'])
  })

  test('rejects texts of an issue that PostgreSQL cannot store', async () => {
    for (const title of ['nul \0', 'half of an emoji \uD83D']) {
      const error = await users.reporter.expectError(IssueCreate, { input: { projectId: 'CORE', title } })
      expect(error.extensions?.code).toBe('BAD_USER_INPUT')
      expect(pathsOf(error)).toEqual(['input.title'])
    }
  })
})
