import { enumText } from '../enum-text.ts'
import type { Priority, TicketStatus } from '../generated/graphql.ts'

export const StatusMark = ({ status }: { readonly status: TicketStatus }) => (
  <span className={`mark status ${status.toLowerCase()}`}>{enumText(status)}</span>
)

export const PriorityMark = ({ priority }: { readonly priority: Priority }) => (
  <span className={`mark priority ${priority.toLowerCase()}`}>{enumText(priority)}</span>
)

interface LabelsProps {
  readonly labels: readonly { readonly id: string; readonly name: string; readonly color: string }[]
}

/** The color of a label is a dot: a text on an arbitrary color may be unreadable. */
export const Labels = ({ labels }: LabelsProps) =>
  labels.length > 0 && (
    <ul className="labels" aria-label="Labels">
      {labels.map(({ id, name, color }) => (
        <li key={id}>
          <span className="dot" style={{ backgroundColor: color }} />
          {name}
        </li>
      ))}
    </ul>
  )
