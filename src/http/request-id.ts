import { randomUUID } from 'node:crypto'

export const requestIdHeader = 'x-request-id'

/** The id that a client sent for its request, or a new one. */
export const requestIdFrom = (given: string | null | undefined): string =>
  given && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID()
