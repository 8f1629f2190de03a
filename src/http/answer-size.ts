/** Each value takes a few characters beside its own: quotes, a comma. */
const around = 4

/** Whether data would have more characters than that as JSON, about. Looks no further once it has. */
export function isLonger(data: unknown, characters: number): boolean {
  return left(data, characters) < 0
}

/** How many characters are left when a value has taken its own. */
function left(value: unknown, characters: number): number {
  if (typeof value === 'string') return characters - value.length - around
  if (typeof value !== 'object' || value === null) return characters - around
  let rest = characters - around
  if (Array.isArray(value)) {
    for (const item of value) {
      if (rest < 0) return rest
      rest = left(item, rest)
    }
    return rest
  }
  for (const name in value) {
    if (rest < 0) return rest
    rest = left((value as Record<string, unknown>)[name], rest - name.length - around)
  }
  return rest
}
