import { Fragment } from 'react'
import { EnumSelect } from '../enum-select.tsx'
import { enumText } from '../enum-text.ts'
import type { TicketDetailsFragment, TicketQuery } from '../generated/graphql.ts'
import { priorities, statuses } from '../list/filters.ts'
import { AssigneePicker } from './assignee-picker.tsx'
import { LabelPicker } from './label-picker.tsx'
import { Labels, PriorityMark, StatusMark } from './marks.tsx'
import { Time } from './time.tsx'
import type { SavePatch } from './use-patch.ts'

interface Props {
  readonly ticket: TicketDetailsFragment & Pick<NonNullable<TicketQuery['ticket']>, 'project'>
  readonly onChange: SavePatch
}

/** The fields of a ticket. Those that the user may not change have no controls. */
export function Properties({ ticket, onChange }: Props) {
  const { viewerCan, status, priority, assignee, labels, reporter, createdAt } = ticket
  return (
    <aside className="card properties" aria-label="Properties">
      {viewerCan.update ? (
        <>
          <EnumSelect
            title="Status"
            values={statuses}
            value={status}
            onChange={(value) => onChange({ status: value })}
          />
          <EnumSelect
            title="Priority"
            values={priorities}
            value={priority}
            onChange={(value) => onChange({ priority: value })}
          />
        </>
      ) : (
        <p>
          <StatusMark status={status} /> <PriorityMark priority={priority} />
        </p>
      )}
      <dl>
        <dt>Assignee</dt>
        <dd>
          {assignee?.name ?? <span className="muted">Unassigned</span>}
          {viewerCan.assign && (
            <AssigneePicker projectId={ticket.project.id} onPick={(assigneeId) => onChange({ assigneeId })} />
          )}
        </dd>
        <dt>Labels</dt>
        <dd>
          <Labels labels={labels} />
          {viewerCan.update && <LabelPicker ticket={ticket} choices={ticket.project.labels} />}
        </dd>
        {details(ticket).map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
        <dt>Reporter</dt>
        <dd>
          {reporter.name}, <Time value={createdAt} />
        </dd>
      </dl>
    </aside>
  )
}

/** Names and values of the other fields that have a value. */
function details(ticket: TicketDetailsFragment): readonly (readonly [name: string, value: string])[] {
  const { resolution } = ticket
  const fields: readonly (readonly [string, string | null | false])[] =
    ticket.__typename === 'Defect'
      ? [
          ['Category', ticket.category],
          ['Subcategory', ticket.subcategory],
          ['Severity', enumText(ticket.severity)],
          ['Disposition', ticket.disposition && enumText(ticket.disposition)],
          ['ABSN', ticket.absn],
        ]
      : []
  return [['Resolution', resolution && enumText(resolution)] as const, ...fields].flatMap(([name, value]) =>
    value ? [[name, value] as const] : [],
  )
}
