const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const absolute = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' })

const units = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const

/** A time in ISO 8601 as "3 days ago", with the date as its title. */
export function Time({ value }: { readonly value: string }) {
  const seconds = (Date.parse(value) - Date.now()) / 1000
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1]
  return (
    <time dateTime={value} title={absolute.format(new Date(value))}>
      {relative.format(Math.trunc(seconds / size), unit)}
    </time>
  )
}
