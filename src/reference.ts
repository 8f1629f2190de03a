import { raw, type Sql, sql } from './database/sql.ts'

// A reference is an id, the key of a ticket or project, or a username. Arguments for ids of these types accept references.

const uuidPattern = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const ticketKeyPattern = /^([A-Z][A-Z0-9]{1,9})-([1-9]\d{0,8})$/i
export const projectKeyPattern = /^[A-Z][A-Z0-9]{1,9}$/i
/** 2 to 32 letters, digits, dots, dashes and underscores: shorter than any id. */
export const usernamePattern = /^[a-z0-9][a-z0-9._-]{1,31}$/i

export const isId = (text: string) => uuidPattern.test(text)
export const isTicketReference = (text: string) => isId(text) || ticketKeyPattern.test(text)
export const isProjectReference = (text: string) => isId(text) || projectKeyPattern.test(text)
export const isUserReference = (text: string) => isId(text) || usernamePattern.test(text)

export const ticketReferenceError = 'is neither a ticket id nor a key such as "CORE-42"'
export const projectReferenceError = 'is neither a project id nor a key such as "CORE"'
export const userReferenceError = 'is neither a user id nor a username'

/** Condition on tickets `t`. */
export function ticketsByReference(references: readonly string[]): Sql {
  const keys = references.flatMap((reference) => {
    const [, project, number] = ticketKeyPattern.exec(reference) ?? []
    return project ? [{ project: project.toUpperCase(), number: Number(number) }] : []
  })
  const byId = oneOf(sql`t.id`, 'uuid', references.filter(isId))
  if (keys.length === 0) return byId
  const byKey =
    keys.length === 1
      ? ticketByKey(keys[0] as TicketKey)
      : sql`(t.project_id, t.number) IN (
    SELECT project.id, key.number FROM unnest(
      ${keys.map(({ project }) => project)}::text[], ${keys.map(({ number }) => number)}::integer[]) AS key(project, number)
    JOIN projects project ON project.key = key.project)`
  return keys.length === references.length ? byKey : sql`(${byId} OR ${byKey})`
}

interface TicketKey {
  readonly project: string
  readonly number: number
}

const ticketByKey = ({ project, number }: TicketKey) => sql`
  (t.project_id = (SELECT id FROM projects WHERE key = ${project}) AND t.number = ${number})`

/** Condition on projects `p`. */
export function projectsByReference(references: readonly string[]): Sql {
  const keys = references.filter((reference) => !isId(reference)).map((key) => key.toUpperCase())
  return idOrName(sql`p.id`, references.filter(isId), sql`p.key`, keys)
}

/** An expression for the id of the project that a valid reference names; NULL, or the id of no project, if there is none. */
export const projectId = (reference: string): Sql =>
  isId(reference)
    ? sql`${reference}::uuid`
    : sql`(SELECT p.id FROM projects p WHERE ${projectsByReference([reference])})`

/** Condition on users `u`. */
export function usersByReference(references: readonly string[]): Sql {
  const usernames = references.filter((reference) => !isId(reference)).map((name) => name.toLowerCase())
  return idOrName(sql`u.id`, references.filter(isId), sql`u.username`, usernames)
}

function idOrName(id: Sql, ids: readonly string[], name: Sql, names: readonly string[]): Sql {
  if (names.length === 0) return oneOf(id, 'uuid', ids)
  const byName = oneOf(name, 'text', names)
  return ids.length === 0 ? byName : sql`(${oneOf(id, 'uuid', ids)} OR ${byName})`
}

function oneOf(column: Sql, type: 'uuid' | 'text', values: readonly string[]): Sql {
  const cast = raw(type)
  return values.length === 1 ? sql`${column} = ${values[0]}::${cast}` : sql`${column} = ANY(${values}::${cast}[])`
}
