import { Fragment } from 'react'
import { EnumSelect } from '../enum-select.tsx'
import { enumText } from '../enum-text.ts'
import { priorities, statuses } from '../list/filters.ts'
import { AssigneePicker } from './assignee-picker.tsx'
import { LabelPicker } from './label-picker.tsx'
import { Labels, Mark } from './marks.tsx'
import type { TicketData } from './ticket.ts'
import { Time } from './time.tsx'
import type { SavePatch } from './use-patch.ts'

interface Props {
  readonly ticket: TicketData
  readonly onChange: SavePatch
}

/** The fields of a ticket. Those that the user may not change have no controls. */
export function Properties({ ticket, onChange }: Props) {
  const { viewerCan, status, priority, assignee, labels, reporter, createdAt } = ticket
  return (
    <aside className="card stack properties" aria-label="Properties">
      {viewerCan.update ? (
        <>
          <EnumSelect title="Status" values={statuses} value={status} onChange={(status) => onChange({ status })} />
          <EnumSelect
            title="Priority"
            values={priorities}
            value={priority}
            onChange={(priority) => onChange({ priority })}
          />
        </>
      ) : (
        <p>
          <Mark value={status} /> <Mark value={priority} />
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
function details(ticket: TicketData): readonly (readonly [name: string, value: string])[] {
  const defect = ticket.__typename === 'Defect' ? ticket : null
  const values = {
    Resolution: ticket.resolution && enumText(ticket.resolution),
    Category: defect?.category,
    Subcategory: defect?.subcategory,
    Severity: defect && enumText(defect.severity),
    Disposition: defect?.disposition && enumText(defect.disposition),
    ABSN: defect?.absn,
  }
  return Object.entries(values).flatMap(([name, value]) => (value ? [[name, value] as const] : []))
}
