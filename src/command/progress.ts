import type { Output } from './command.ts'

const width = 30

export function showProgress(
  totalBytes: number,
  stderr: Output,
): { readonly add: (bytes: number) => void; readonly end: () => void } {
  let sentBytes = 0
  let currentLine = ''
  const show = (line: string) => {
    if (!stderr.isTTY || line === currentLine) return
    stderr.write(`\r${line.padEnd(currentLine.length)}${line === '' ? '\r' : ''}`)
    currentLine = line
  }
  return {
    add(bytes) {
      sentBytes += bytes
      const progress = totalBytes === 0 ? 1 : sentBytes / totalBytes
      const bar = '█'.repeat(Math.round(progress * width)).padEnd(width, '·')
      const megabytes = (sentBytes / 1e6).toFixed(1)
      show(
        progress < 1
          ? `${bar} ${Math.floor(progress * 100)} % ${megabytes} MB`
          : `${bar} ${megabytes} MB sent; importing …`,
      )
    },
    end: () => show(''),
  }
}
