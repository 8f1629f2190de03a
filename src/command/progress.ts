import type { Output } from './command.ts'

const width = 30

/** How far a file of so many bytes was read, shown in a terminal. */
export function showProgress(
  total: number,
  stderr: Output,
): { readonly add: (bytes: number) => void; readonly end: () => void } {
  let done = 0
  let shown = ''
  const show = (line: string) => {
    if (!stderr.isTTY || line === shown) return
    stderr.write(`\r${line.padEnd(shown.length)}${line === '' ? '\r' : ''}`)
    shown = line
  }
  return {
    add(bytes) {
      done += bytes
      const share = total === 0 ? 1 : done / total
      const bar = '█'.repeat(Math.round(share * width)).padEnd(width, '·')
      const megabytes = (done / 1e6).toFixed(1)
      show(
        share < 1
          ? `${bar} ${Math.floor(share * 100)} % ${megabytes} MB`
          : `${bar} ${megabytes} MB read; checking and writing …`,
      )
    },
    end: () => show(''),
  }
}
