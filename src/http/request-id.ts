import { randomUUID } from 'node:crypto'

export const requestIdHeader = 'x-request-id'

export const requestIdFrom = (header: string | null | undefined): string =>
  header && /^[\w.-]{1,64}$/.test(header) ? header : randomUUID()
