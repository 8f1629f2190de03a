import type { Output } from './command.ts'

const width = 30

export function showProgress(
  total: number,
  stderr: Output,
): { readonly add: (bytes: number) => void; readonly end: () => void } {
  let done = 0
  let current = ''
  const show = (line: string) => {
    if (!stderr.isTTY || line === current) return
    stderr.write(`\r${line.padEnd(current.length)}${line === '' ? '\r' : ''}`)
    current = line
  }
  return {
    add(bytes) {
      done += bytes
      const progress = total === 0 ? 1 : done / total
      const bar = '█'.repeat(Math.round(progress * width)).padEnd(width, '·')
      const megabytes = (done / 1e6).toFixed(1)
      show(
        progress < 1
          ? `${bar} ${Math.floor(progress * 100)} % ${megabytes} MB`
          : `${bar} ${megabytes} MB sent; importing …`,
      )
    },
    end: () => show(''),
  }
}
