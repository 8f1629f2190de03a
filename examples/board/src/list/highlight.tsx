import type { ReactNode } from 'react'
import type { TicketRowFragment } from '../generated/graphql.ts'

/** The excerpt of a search result, with its matches marked. */
export function Highlight({ text, hits }: NonNullable<TicketRowFragment['excerpt']>) {
  const parts: ReactNode[] = []
  let position = 0
  for (const { start, end } of hits) {
    parts.push(text.slice(position, start), <mark key={start}>{text.slice(start, end)}</mark>)
    position = end
  }
  return (
    <p className="muted small">
      {parts}
      {text.slice(position)}
    </p>
  )
}
