import { enumText } from '../enum-text.ts'
import type { Priority, TicketDetailsFragment, TicketStatus } from '../generated/graphql.ts'

const colors: Partial<Record<TicketStatus | Priority, string>> = {
  OPEN: '#2f81f7',
  IN_PROGRESS: '#d4a017',
  RESOLVED: '#2da44e',
  URGENT: '#d1242f',
  HIGH: '#e16f24',
  MEDIUM: '#d4a017',
}

/** A text on an arbitrary color may be unreadable. */
export const Dot = ({ color = '#88888888' }: { readonly color?: string | undefined }) => (
  <span className="dot" style={{ backgroundColor: color }} />
)

export const Mark = ({ value }: { readonly value: TicketStatus | Priority }) => (
  <span className="mark small">
    <Dot color={colors[value]} />
    {enumText(value)}
  </span>
)

export const Labels = ({ labels }: Pick<TicketDetailsFragment, 'labels'>) =>
  labels.length > 0 && (
    <ul className="labels small" aria-label="Labels">
      {labels.map(({ id, name, color }) => (
        <li key={id}>
          <Dot color={color} />
          {name}
        </li>
      ))}
    </ul>
  )
