/** What the server was at a time: its memory as the system counts it, and what of it holds objects. */
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

/** Memory over time, and the 99th percentile of the answers of each minute, as SVG. */
export function soakChart(samples: readonly Sample[], p99: readonly number[]): string {
  const minutes = Math.max(1, p99.length)
  const most = Math.ceil(Math.max(...samples.map(({ megabytes }) => megabytes)) / 50) * 50
  const slowest = Math.ceil(Math.max(...p99.filter(Number.isFinite)) / 20) * 20
  const x = (minute: number) => left + (minute / minutes) * (width - left - right)
  const y = (share: number) => height - bottom - share * (height - top - bottom)
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
    (share) => `<line x1="${left}" x2="${width - right}" y1="${y(share)}" y2="${y(share)}" stroke="#dee2e6"/>
<text x="${left - 8}" y="${y(share) + 4}" text-anchor="end">${most * share}</text>
<text x="${width - right + 8}" y="${y(share) + 4}">${slowest * share}</text>`,
  )
  const ticks = Array.from({ length: Math.floor(minutes / 5) + 1 }, (_, n) => n * 5).map(
    (minute) => `<text x="${x(minute)}" y="${height - 14}" text-anchor="middle">${minute} min</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="Memory and time of answers under load">
<title>Memory, and the 99th percentile of each minute's answers, under load</title>
<rect width="${width}" height="${height}" fill="white"/>
${[
  ...legend,
  ...axis,
  ...ticks,
  line(
    samples.map(({ minute, megabytes }) => [x(minute), y(megabytes / most)]),
    '#d6336c',
  ),
  line(
    samples.map(({ minute, heap }) => [x(minute), y(heap / most)]),
    '#f783ac',
  ),
  line(
    p99.map((milliseconds, minute) => [x(minute + 0.5), y(milliseconds / slowest)] as const),
    '#1971c2',
  ),
].join('\n')}
</svg>
`
}
