import type { Priority, TicketFilter, TicketKind, TicketOrder, TicketStatus } from '../generated/graphql.ts'

export const statuses: readonly TicketStatus[] = ['OPEN', 'IN_PROGRESS', 'RESOLVED', 'CLOSED']
export const priorities: readonly Priority[] = ['URGENT', 'HIGH', 'MEDIUM', 'LOW']
export const kinds: readonly TicketKind[] = ['ISSUE', 'DEFECT']

const by = (field: TicketOrder['field'], direction: TicketOrder['direction'] = 'ASC') => ({ field, direction })

/** Orders that an index of the server supports, by their values in the URL. */
export const sorts: Readonly<Record<string, readonly TicketOrder[]>> = {
  newest: [by('CREATED_AT', 'DESC')],
  oldest: [by('CREATED_AT')],
  recently_updated: [by('UPDATED_AT', 'DESC')],
  priority: [by('PRIORITY', 'DESC'), by('CREATED_AT', 'DESC')],
  status: [by('STATUS'), by('PRIORITY', 'DESC')],
  title: [by('TITLE')],
}

/** The order of a list. A search without a chosen order returns the best matches first. */
export const orderOf = (params: URLSearchParams): readonly TicketOrder[] =>
  sorts[params.get('sort') ?? ''] ?? (searchOf(params) ? [by('RELEVANCE', 'DESC')] : [by('CREATED_AT', 'DESC')])

export const searchOf = (params: URLSearchParams): string => params.get('q')?.trim() ?? ''

/** The filter that the parameters of the page's URL describe. Unknown values are ignored. */
export function filterOf(params: URLSearchParams): TicketFilter {
  const oneOf = <Value extends string>(name: string, values: readonly Value[]): Value | undefined =>
    values.find((value) => value === params.get(name))
  const kind = oneOf('kind', kinds)
  const status = oneOf('status', statuses)
  const priority = oneOf('priority', priorities)
  const assignee = params.get('assignee')
  const labelName = params.get('label')
  const search = searchOf(params)
  return {
    ...(kind && { kind }),
    ...(params.get('status') === 'unresolved' && { status: { in: ['OPEN', 'IN_PROGRESS'] } }),
    ...(status && { status: { eq: status } }),
    ...(priority && { priority: { eq: priority } }),
    ...(assignee === 'me' && { assignee: { isViewer: true } }),
    ...(assignee === 'unassigned' && { assignee: { isNull: true } }),
    ...(labelName && { label: { some: [labelName] } }),
    ...(search && { search }),
  }
}
