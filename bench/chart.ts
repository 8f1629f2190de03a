import type { Summary } from './report.ts'

const colours: Readonly<Record<string, string>> = {
  snaglist: '#d6336c',
  postgraphile: '#1971c2',
  mercurius: '#868e96',
  floor: '#2b8a3e',
}
const width = 860
const left = 70
const right = 40
const rowHeight = 44

/** Requests per second relative to PostGraphile on a logarithmic axis, as SVG. */
export function chart(summaries: readonly Summary[]): string {
  // Snaglist is drawn last, on top of equal values.
  const shown = summaries
    .filter(({ ratio, server }) => ratio !== null && server in colours)
    .sort((a) => (a.server === 'snaglist' ? 1 : -1))
  const workloads = [...new Set(summaries.filter((one) => shown.includes(one)).map(({ workload }) => workload))]
  const ratios = summaries.flatMap(({ ratio }) => (ratio === null ? [] : [ratio]))
  const low = Math.log2(Math.min(0.5, ...ratios)) - 0.2
  const high = Math.log2(Math.max(2, ...ratios)) + 0.2
  const x = (ratio: number) => left + ((Math.log2(ratio) - low) / (high - low)) * (width - left - right)
  const height = workloads.length * rowHeight + 80
  const ticks = [0.25, 0.5, 1, 2, 4, 8, 16, 32].filter((tick) => Math.log2(tick) > low && Math.log2(tick) < high)
  const axis = ticks.map(
    (
      tick,
    ) => `<line x1="${x(tick)}" x2="${x(tick)}" y1="50" y2="${height - 24}" stroke="${tick === 1 ? '#495057' : '#dee2e6'}"/>
<text x="${x(tick)}" y="${height - 8}" text-anchor="middle">${tick} ×</text>`,
  )
  const legend = Object.entries(colours).map(
    ([server, colour], index) => `<circle cx="${left + index * 140}" cy="22" r="6" fill="${colour}"/>
<text x="${left + 12 + index * 140}" y="26">${server}</text>`,
  )
  const rows = workloads.map((workload, index) => {
    const y = 72 + index * rowHeight
    const dots = shown
      .filter((one) => one.workload === workload)
      .map(
        ({ server, ratio, perSecond }) =>
          `<circle cx="${x(ratio ?? 1)}" cy="${y}" r="${server === 'snaglist' ? 5 : 7}" fill="${colours[server]}"><title>${server}: ${perSecond.toFixed(0)} requests/s</title></circle>`,
      )
    return `<text x="16" y="${y + 4}" font-weight="bold">${workload}</text>
<line x1="${left}" x2="${width - right}" y1="${y}" y2="${y}" stroke="#f1f3f5"/>
${dots.join('\n')}`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="Requests per second relative to PostGraphile">
<title>Requests per second relative to PostGraphile</title>
<rect width="${width}" height="${height}" fill="white"/>
${[...legend, ...axis, ...rows].join('\n')}
</svg>
`
}
