/** Quotes, a comma and a colon. */
const charactersPerValue = 4

/** Approximates the length of the data as JSON. Stops counting at the limit. */
export function isLongerThan(data: unknown, characters: number): boolean {
  return subtractLength(data, characters) < 0
}

function subtractLength(value: unknown, characters: number): number {
  if (typeof value === 'string') return characters - value.length - charactersPerValue
  if (typeof value !== 'object' || value === null) return characters - charactersPerValue
  let remaining = characters - charactersPerValue
  if (Array.isArray(value)) {
    for (const item of value) {
      if (remaining < 0) return remaining
      remaining = subtractLength(item, remaining)
    }
    return remaining
  }
  for (const name in value) {
    if (remaining < 0) return remaining
    remaining = subtractLength((value as Record<string, unknown>)[name], remaining - name.length - charactersPerValue)
  }
  return remaining
}
