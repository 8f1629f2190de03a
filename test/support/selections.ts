import fc from 'fast-check'

const condition = fc.constantFrom('', '', '', ' @include(if: $yes)', ' @skip(if: $no)', ' @skip(if: $yes)')
const page = { list: ['', 'first: 2', 'last: 1', 'first: $n', 'last: $n'], forward: ['', 'first: 1', 'first: $n'] }
const withOffset = [...page.list, 'offset: 1', 'first: $n, offset: 1', 'first: 1, offset: $m', 'offset: $m, first: 2']

type Sets = (depth: number) => fc.Arbitrary<string>

/** A selection set of some scalars and, up to a depth, of some nested fields. */
const setOf = (scalars: string, nested: () => fc.Arbitrary<string>[], depth: number): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.uniqueArray(fc.constantFrom(...scalars.split(' ')), { minLength: 1, maxLength: 4 }),
      depth > 0 ? fc.array(fc.oneof(...nested()), { maxLength: 3 }) : fc.constant([]),
      condition,
    )
    .map(
      ([[first, ...others], fields, directive]) =>
        `{ ...${directive} { ${first} } ${[...others, ...fields].join(' ')} }`,
    )

const one = (name: string, set: fc.Arbitrary<string>) =>
  fc.tuple(condition, set).map(([directive, selected]) => `${name}${directive} ${selected}`)

/** A list with an alias per arguments, so that fields with equal arguments merge. */
const many = (name: string, args: readonly string[], set: fc.Arbitrary<string>) =>
  fc
    .tuple(
      fc.nat(args.length - 1),
      condition,
      fc.uniqueArray(fc.constantFrom('nodes', 'edges', 'pageInfo', 'totalCount'), { minLength: 1, maxLength: 3 }),
      set,
      set,
    )
    .map(([index, directive, parts, rows, others]) => {
      const fields = {
        nodes: `nodes ${rows}`,
        edges: `edges { cursor node ${others} }`,
        pageInfo: 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }',
        totalCount: 'totalCount',
      }
      const called = index === 0 ? name : `${name}${index}: ${name}(${args[index]})`
      return `${called}${directive} { ${parts.map((part) => fields[part]).join(' ')} }`
    })

const user = setOf('id username name email role active createdAt', () => [], 0)
const label = setOf(
  'id name color description',
  () => [
    one(
      'project',
      setOf('key', () => [], 0),
    ),
  ],
  1,
)
const project: Sets = fc.memo((depth) =>
  setOf(
    'id key name description defaultRole viewerRole createdAt archivedAt',
    () => [
      one('labels', label),
      many(
        'members',
        page.forward,
        one('role user', user).map((text) => `{ ${text} }`),
      ),
      many('issues', ['', 'first: 1', 'first: $n, offset: 1, orderBy: [{ field: TITLE }]'], ticket(depth - 1)),
    ],
    depth,
  ),
)
const comment: Sets = fc.memo((depth) =>
  setOf(
    'id body createdAt editedAt deletedAt',
    () => [
      one('author', user),
      one('parent', comment(depth - 1)),
      one('ticket', ticket(depth - 1)),
      many('replies', page.forward, comment(depth - 1)),
    ],
    depth,
  ),
)
const event: Sets = fc.memo((depth) =>
  setOf(
    'id version at source batch changes{field,from,to}',
    () => [one('actor', user), one('ticket', ticket(depth - 1))],
    depth,
  ),
)
const scalars = 'id key number title description status resolution priority version createdAt updatedAt resolvedAt'
export const ticket: Sets = fc.memo((depth) =>
  setOf(
    `${scalars} archivedAt commentCount commentedAt __typename viewerCan{update,assign}`,
    () => [
      ...['assignee', 'reporter', 'updatedBy'].map((name) => one(name, user)),
      one('labels', label),
      one('project', project(depth - 1)),
      many('comments', withOffset, comment(depth - 1)),
      many('comments', withOffset, comment(depth - 1)),
      many('history', page.list, event(depth - 1)),
      one('... on Issue', ticket(depth - 1)),
      one(
        '... on Defect',
        setOf('category subcategory absn reportedBy severity disposition title', () => [], 0),
      ),
      one('... on Defect', ticket(depth - 1)),
      one('...', ticket(depth - 1)),
      condition.map((directive) => `...Shared${directive}`),
    ],
    depth,
  ),
)

/** Selection set of the fragment `Shared`. */
export const shared = setOf(scalars, () => [one('labels', label), many('comments', withOffset, comment(0))], 1)

export const variables = fc.record(
  {
    yes: fc.boolean(),
    no: fc.boolean(),
    n: fc.option(fc.nat(3)),
    m: fc.nat(3),
  },
  { requiredKeys: ['yes', 'no'] },
)
const types = { yes: 'Boolean!', no: 'Boolean!', n: 'Int', m: 'Int' }

export function documentOf(root: string, parameter: string, fragment: string): string {
  const shared = root.includes('...Shared') ? ` fragment Shared on Ticket ${fragment}` : ''
  const used = Object.entries(types).filter(([name]) => new RegExp(`\\$${name}\\b`).test(root + shared))
  return `query(${[parameter, ...used.map(([name, type]) => `$${name}: ${type}`)].join(', ')}) { ${root} }${shared}`
}
