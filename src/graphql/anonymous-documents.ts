import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql'
import type { Context } from '../context.ts'
import { RateLimited, Unauthenticated } from '../errors.ts'
import type { Rates } from '../http/rates.ts'
import { asDocumentError, createDocument, type Document, type DocumentOptions, parseDocument } from './document.ts'
import { measureDocument } from './document-limits.ts'

/**
 * Reads a document of a client without a token. Throws the refusal, if there is one, unless the document is a short
 * sign-in: other clients with the same address must not prevent users from signing in.
 */
export type ReadAnonymousDocument = (
  query: string,
  client: Pick<Context, 'address' | 'payer'>,
  refusal: RateLimited | null,
) => Promise<Document>

interface AnonymousDocumentOptions extends Pick<DocumentOptions, 'onRun'> {
  readonly schema: GraphQLSchema
  readonly rates: Rates
  /** True if clients without a token must not learn the schema. */
  readonly isRestricted: boolean
}

declare module 'graphql' {
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    /** True for a root field that requires no token. */
    readonly allowsAnonymous?: boolean
  }
}

export const undescribed = 'This server describes errors only to clients with a token (SNAGLIST_INTROSPECTION).'

/** Mutations of a document that counts as a sign-in. */
const signIns: ReadonlySet<string> = new Set(['signIn', 'resetPassword'])
const maxSignInCharacters = 1000
/** The mutation, `viewer` in its payload, and a field of the account. */
const maxDepth = 3

/**
 * The documents are not cached or compiled, and the time for parsing is charged to the address. With restricted access
 * to the schema, only documents that need no token are validated, and validation errors are not described.
 */
export function createAnonymousDocuments({
  schema,
  rates,
  isRestricted,
  onRun,
}: AnonymousDocumentOptions): ReadAnonymousDocument {
  const needsNoToken = createOpenDocumentTest(schema)
  const options = { schema, suggestions: !isRestricted, compile: false, onRun, onGrowth: () => {} }

  const isSignIn = (node: DocumentNode) => {
    const fields = rootFieldsOf(node)
    return (
      fields.length > 0 && fields.every(({ kind, name }) => kind === OperationTypeNode.MUTATION && signIns.has(name))
    )
  }
  const readDocument = (query: string, refusal: RateLimited | null): Document => {
    const node = parseDocument(query)
    if (refusal && !isSignIn(node)) throw refusal
    if (isRestricted && !needsNoToken(node)) throw new Unauthenticated()
    const document = createDocument(query, node, options)
    return isRestricted ? { ...document, errors: hideDescriptions(document.errors) } : document
  }
  return async (query, { address, payer }, initialRefusal) => {
    let refusal = initialRefusal
    if (!refusal)
      try {
        return await rates.chargeParsing(payer, () => readDocument(query, null))
      } catch (error) {
        if (!(error instanceof RateLimited)) throw error
        refusal = error
      }
    if (query.length > maxSignInCharacters) throw refusal
    const document = readDocument(query, refusal)
    await rates.countRequest(`sign-in ${address}`)
    return document
  }
}

/** Returns a predicate for documents that sign in or out, or ask who is signed in. */
export function createOpenDocumentTest(schema: GraphQLSchema): (node: DocumentNode) => boolean {
  const queryFields = anonymousFieldsOf(schema, OperationTypeNode.QUERY)
  const mutationFields = anonymousFieldsOf(schema, OperationTypeNode.MUTATION)
  const isOpen = ({ kind, name }: RootField) =>
    kind === OperationTypeNode.MUTATION ? mutationFields.has(name) || name === 'signOut' : queryFields.has(name)
  return (node) => rootFieldsOf(node).every(isOpen) && measureDocument(node).depth <= maxDepth
}

function anonymousFieldsOf(schema: GraphQLSchema, kind: OperationTypeNode): ReadonlySet<string> {
  const fields = Object.values(schema.getRootType(kind)?.getFields() ?? {})
  return new Set([
    '__typename',
    ...fields.filter(({ extensions }) => extensions.allowsAnonymous).map(({ name }) => name),
  ])
}

interface RootField {
  readonly kind: OperationTypeNode
  readonly name: string
}

/** Of all operations of a document, which may be invalid. */
function rootFieldsOf({ definitions }: DocumentNode): readonly RootField[] {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  const fields: RootField[] = []
  const collect = (kind: OperationTypeNode, set: SelectionSetNode | undefined, spreads: Set<string>): void => {
    for (const selection of set?.selections ?? [])
      if (selection.kind === Kind.FIELD) fields.push({ kind, name: selection.name.value })
      else if (selection.kind === Kind.INLINE_FRAGMENT) collect(kind, selection.selectionSet, spreads)
      else if (!spreads.has(selection.name.value)) {
        spreads.add(selection.name.value)
        collect(kind, fragments.get(selection.name.value)?.selectionSet, spreads)
      }
  }
  for (const definition of definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION) collect(definition.operation, definition.selectionSet, new Set())
  return fields
}

/** Keeps only errors about limits. */
function hideDescriptions(errors: readonly GraphQLError[]): readonly GraphQLError[] {
  if (errors.every(({ extensions }) => extensions['code'] !== 'GRAPHQL_VALIDATION_FAILED')) return errors
  return [asDocumentError(new GraphQLError(`The document is invalid. ${undescribed}`), 'GRAPHQL_VALIDATION_FAILED')]
}
