import type { Pool } from 'pg'

/** Numbers of tickets, from which costs are computed. Other rows are proportional to them. */
export interface DatabaseSize {
  readonly tickets: number
  readonly ticketsOfLargestProject: number
  /** Tickets of a project by id or key; 0 for an unknown project. */
  readonly ticketsOf: (project: string) => number
}

/** Tickets that a list or report considers. */
export interface Scope {
  readonly tickets: number
  /** Tickets of the database. */
  readonly allTickets: number
}

const measuredTickets = 200_000
/** With fewer tickets, the other limits protect the server: they cost less than their work. */
const smallDatabase = 10_000
/** The largest reduction, in points. */
const maxReduction = 3500

/** Points of work in a scope that takes `points` with 200,000 tickets. */
export function workIn({ tickets, allTickets }: Scope, points: number): number {
  const work = (points * tickets) / measuredTickets
  const reducedWork = work * Math.min(1, (allTickets / smallDatabase) ** 6)
  return Math.round(allTickets < smallDatabase ? Math.max(reducedWork, work - maxReduction) : work)
}

/** Returns sizes that are at most a few seconds old while requests arrive. */
export type ReadDatabaseSize = () => Promise<DatabaseSize>

const maxAgeMilliseconds = 5000

/** The numbers of tickets that the projects have assigned cost nothing to read, and change with the data. */
const selectSize = 'SELECT id, key, last_number AS "lastNumber" FROM projects'

interface ProjectSize {
  readonly id: string
  readonly key: string
  readonly lastNumber: number
}

/** For a database that cannot be read, whose statements report the error. */
const unknownSize: DatabaseSize = { tickets: 200_000, ticketsOfLargestProject: 200_000, ticketsOf: () => 200_000 }

/** The first call waits for the size. Later calls return the last size, and read an old one again in the background. */
export function createDatabaseSizeReader(pool: Pool): ReadDatabaseSize {
  let size: DatabaseSize | null = null
  let readAt = 0
  const load = async (): Promise<DatabaseSize> => {
    size = sizeOf((await pool.query<ProjectSize>(selectSize)).rows)
    return size
  }
  return async () => {
    if (size && performance.now() - readAt < maxAgeMilliseconds) return size
    readAt = performance.now()
    const loading = load().catch(() => unknownSize)
    return size ?? loading
  }
}

function sizeOf(projects: readonly ProjectSize[]): DatabaseSize {
  const numbers = new Map(
    projects.flatMap(({ id, key, lastNumber }) => [[id, lastNumber] as const, [key, lastNumber] as const]),
  )
  return {
    tickets: projects.reduce((sum, { lastNumber }) => sum + lastNumber, 0),
    ticketsOfLargestProject: projects.reduce((max, { lastNumber }) => Math.max(max, lastNumber), 0),
    ticketsOf: (project) => numbers.get(project.toLowerCase()) ?? numbers.get(project.toUpperCase()) ?? 0,
  }
}
