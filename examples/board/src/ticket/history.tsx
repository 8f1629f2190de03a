import { enumText } from '../enum-text.ts'
import type { TicketDetailsFragment } from '../generated/graphql.ts'
import { Time } from './time.tsx'

type Events = TicketDetailsFragment['history']['nodes']

const longFields = ['description', 'title']
const enumFields = ['status', 'resolution', 'priority', 'severity', 'disposition']

const valueText = (field: string, value: string | null | undefined) =>
  value && enumFields.includes(field) ? enumText(value) : (value ?? 'none')

export const History = ({ events }: { readonly events: Events }) => (
  <section className="card" aria-labelledby="history">
    <h2 id="history">History</h2>
    {events.length === 0 && <p className="muted">No changes yet.</p>}
    <ol className="stack history">
      {events.map(({ id, at, actor, changes }) => (
        <li key={id}>
          <strong>{actor.name}</strong>{' '}
          {changes.map(({ field, from, to }, index) => (
            <span key={field}>
              {index > 0 && ', '}
              changed {enumText(field).toLowerCase()}
              {!longFields.includes(field) && ` from ${valueText(field, from)} to ${valueText(field, to)}`}
            </span>
          ))}{' '}
          <span className="muted">
            <Time value={at} />
          </span>
        </li>
      ))}
    </ol>
  </section>
)
