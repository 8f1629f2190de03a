import { BadUserInput, type FieldError } from '../errors.ts'
import { decodeCursor } from './cursor.ts'
import { type Order, type Place, reversed } from './keyset.ts'

/** The arguments that choose a page. */
export interface PageArguments {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
  readonly offset?: number | null | undefined
}

/** The page asked for, checked. `backward` reads from the end of the order. */
export interface Bounds {
  readonly limit: number
  readonly backward: boolean
  readonly after: Place | null
  readonly before: Place | null
  readonly offset: number
}

export const defaultPageSize = 50
export const maxPageSize = 200

/** Checks a page's arguments against the order it is read in; BAD_USER_INPUT names every fault. */
export function boundsOf(args: PageArguments, order: Order): Bounds {
  const faults: FieldError[] = []
  const fault = (path: string, message: string) => faults.push({ path, message })

  for (const path of ['first', 'last'] as const) {
    const size = args[path] ?? 0
    if (size < 0 || size > maxPageSize) fault(path, `must be between 0 and ${maxPageSize}`)
  }
  if (args.first != null && args.last != null) fault('last', 'cannot stand beside first')
  if ((args.offset ?? 0) < 0) fault('offset', 'must not be negative')
  if (args.offset != null && (args.last != null || args.after != null || args.before != null))
    fault('offset', 'stands with first alone')

  const place = (path: 'after' | 'before') => {
    const cursor = args[path]
    if (cursor == null) return null
    const found = decodeCursor(order, cursor)
    if (!found) fault(path, 'is no cursor of a list in this order')
    return found
  }
  const bounds = {
    limit: args.first ?? args.last ?? defaultPageSize,
    backward: args.last != null,
    after: place('after'),
    before: place('before'),
    offset: args.offset ?? 0,
  }
  if (faults.length > 0) throw new BadUserInput(faults)
  return bounds
}

/** The order in which a page's rows are read. */
export const readingOrder = (order: Order, { backward }: Bounds) => (backward ? reversed(order) : order)
