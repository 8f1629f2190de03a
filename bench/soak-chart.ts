/** Resident memory and used heap of the server, in megabytes. */
export interface Sample {
  readonly minute: number
  readonly megabytes: number
  readonly heap: number
}

const width = 860
const height = 360
const left = 60
const right = 60
const top = 40
const bottom = 40

/** Memory over time, and the 99th percentile of response times per minute, as SVG. */
export function soakChart(samples: readonly Sample[], p99: readonly number[]): string {
  const minutes = Math.max(1, p99.length)
  const maxMegabytes = Math.ceil(Math.max(...samples.map(({ megabytes }) => megabytes)) / 50) * 50
  const maxMilliseconds = Math.ceil(Math.max(...p99.filter(Number.isFinite)) / 20) * 20
  const x = (minute: number) => left + (minute / minutes) * (width - left - right)
  const y = (fraction: number) => height - bottom - fraction * (height - top - bottom)
  const line = (points: readonly (readonly [number, number])[], colour: string) =>
    `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.map(([a, b]) => `${a.toFixed(1)},${b.toFixed(1)}`).join(' ')}"/>`
  const legend = [
    ['#d6336c', 'memory, MB'],
    ['#f783ac', 'heap, MB'],
    ['#1971c2', 'p99, ms (right)'],
  ].map(
    ([colour, text], index) =>
      `<circle cx="${left + index * 160}" cy="20" r="6" fill="${colour}"/><text x="${left + 12 + index * 160}" y="24">${text}</text>`,
  )
  const axis = [0, 0.5, 1].map(
    (fraction) => `<line x1="${left}" x2="${width - right}" y1="${y(fraction)}" y2="${y(fraction)}" stroke="#dee2e6"/>
<text x="${left - 8}" y="${y(fraction) + 4}" text-anchor="end">${maxMegabytes * fraction}</text>
<text x="${width - right + 8}" y="${y(fraction) + 4}">${maxMilliseconds * fraction}</text>`,
  )
  const ticks = Array.from({ length: Math.floor(minutes / 5) + 1 }, (_, n) => n * 5).map(
    (minute) => `<text x="${x(minute)}" y="${height - 14}" text-anchor="middle">${minute} min</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="Memory and response times under load">
<title>Memory and 99th percentile of response times under load</title>
<rect width="${width}" height="${height}" fill="white"/>
${[
  ...legend,
  ...axis,
  ...ticks,
  line(
    samples.map(({ minute, megabytes }) => [x(minute), y(megabytes / maxMegabytes)]),
    '#d6336c',
  ),
  line(
    samples.map(({ minute, heap }) => [x(minute), y(heap / maxMegabytes)]),
    '#f783ac',
  ),
  line(
    p99.map((milliseconds, minute) => [x(minute + 0.5), y(milliseconds / maxMilliseconds)] as const),
    '#1971c2',
  ),
].join('\n')}
</svg>
`
}
