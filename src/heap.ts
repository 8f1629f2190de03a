import { setFlagsFromString } from 'node:v8'

const checkMilliseconds = 250
const largeProcessBytes = 450_000_000
// The growth of the heap until the next garbage collection, in percent of the live objects.
const growth = { small: 100, large: 20 }

/**
 * Collects garbage earlier in a process that uses much memory. By default, V8 lets the heap grow to several times the live
 * objects; in a small process, frequent collections would take a tenth of the throughput.
 */
export function limitHeap(): void {
  const setGrowth = (percent: number) => setFlagsFromString(`--heap-growing-percent=${percent}`)
  setGrowth(growth.small)
  const check = () => setGrowth(process.memoryUsage.rss() > largeProcessBytes ? growth.large : growth.small)
  setInterval(check, checkMilliseconds).unref()
}
