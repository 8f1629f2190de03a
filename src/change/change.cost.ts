import type { DatabaseSize } from '../database/size.ts'
import type { FieldCall } from '../graphql/cost.ts'
import { filterWork } from '../ticket/ticket.cost.ts'
import { maxExaminedChanges } from './change.sql.ts'

/** Work of checking the filter for the tickets of a batch. */
export const changesWork = ({ args: { filter } }: FieldCall, size: DatabaseSize): number =>
  1 + filterWork(filter, { tickets: Math.min(maxExaminedChanges, size.tickets), allTickets: size.tickets })
