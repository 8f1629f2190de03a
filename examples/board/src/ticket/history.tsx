import type { TicketDetailsFragment } from '../generated/graphql.ts'
import { label } from '../list/filters.ts'
import { Time } from './time.tsx'

type Events = TicketDetailsFragment['history']['nodes']

/** Values are texts, or names of enum values. */
const text = (value: string | null | undefined) =>
  /^[A-Z_]+$/.test(value ?? '') ? label(value ?? '') : (value ?? 'none')

const longFields = ['description', 'title']

export const History = ({ events }: { readonly events: Events }) => (
  <section className="card" aria-labelledby="history">
    <h2 id="history">History</h2>
    {events.length === 0 && <p className="muted">No changes yet.</p>}
    <ol className="history">
      {events.toReversed().map(({ id, at, actor, changes }) => (
        <li key={id}>
          <strong>{actor.name}</strong>{' '}
          {changes.map(({ field, from, to }, index) => (
            <span key={field}>
              {index > 0 && ', '}
              changed {label(field).toLowerCase()}
              {!longFields.includes(field) && ` from ${text(from)} to ${text(to)}`}
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
