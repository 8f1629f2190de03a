/** Characters of JSON around each value, such as quotes and a comma. */
const overhead = 4

/** Approximates the length of the data as JSON. Stops counting at the limit. */
export function isLongerThan(data: unknown, characters: number): boolean {
  return remaining(data, characters) < 0
}

function remaining(value: unknown, characters: number): number {
  if (typeof value === 'string') return characters - value.length - overhead
  if (typeof value !== 'object' || value === null) return characters - overhead
  let rest = characters - overhead
  if (Array.isArray(value)) {
    for (const item of value) {
      if (rest < 0) return rest
      rest = remaining(item, rest)
    }
    return rest
  }
  for (const name in value) {
    if (rest < 0) return rest
    rest = remaining((value as Record<string, unknown>)[name], rest - name.length - overhead)
  }
  return rest
}
