import type { ReactNode } from 'react'

interface Props {
  readonly text: string
  /** Ranges in UTF-16 code units, in ascending order. */
  readonly hits: readonly { readonly start: number; readonly end: number }[]
}

/** The excerpt of a search result, with its matches marked. */
export function Highlight({ text, hits }: Props) {
  const parts: ReactNode[] = []
  let position = 0
  for (const { start, end } of hits) {
    parts.push(text.slice(position, start), <mark key={start}>{text.slice(start, end)}</mark>)
    position = end
  }
  return (
    <p className="excerpt">
      {parts}
      {text.slice(position)}
    </p>
  )
}
