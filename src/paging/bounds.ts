import { BadUserInput, type FieldError } from '../errors.ts'
import { decodeCursor } from './cursor.ts'
import { type CursorKey, type Order, reverseOrder } from './keyset.ts'

export interface PageArguments {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
  readonly offset?: number | null | undefined
}

/** Validated arguments of a page. */
export interface Bounds {
  readonly limit: number
  readonly backward: boolean
  readonly after: CursorKey | null
  readonly before: CursorKey | null
  readonly offset: number
}

export const defaultPageSize = 50
export const maxPageSize = 200

/** Throws BAD_USER_INPUT with all errors. */
export function boundsOf(args: PageArguments, order: Order): Bounds {
  const errors: FieldError[] = []
  const addError = (path: string, message: string) => errors.push({ path, message })

  for (const path of ['first', 'last'] as const) {
    const size = args[path] ?? 0
    if (size < 0 || size > maxPageSize) addError(path, `must be between 0 and ${maxPageSize} (got ${size})`)
  }
  if (args.first != null && args.last != null) addError('last', 'cannot be combined with `first`')
  if ((args.offset ?? 0) < 0) addError('offset', `must not be negative (got ${args.offset})`)
  if (args.offset != null && (args.last != null || args.after != null || args.before != null))
    addError('offset', 'can only be combined with `first`')

  const cursorKey = (path: 'after' | 'before') => {
    const cursor = args[path]
    if (cursor == null) return null
    const key = decodeCursor(order, cursor)
    if (!key) addError(path, 'is not a valid cursor for this list and sort order')
    return key
  }
  const bounds = {
    limit: args.first ?? args.last ?? defaultPageSize,
    backward: args.last != null,
    after: cursorKey('after'),
    before: cursorKey('before'),
    offset: args.offset ?? 0,
  }
  if (errors.length > 0) throw new BadUserInput(errors)
  return bounds
}

export const scanOrder = (order: Order, { backward }: Bounds) => (backward ? reverseOrder(order) : order)
