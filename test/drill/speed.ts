/** Times are in milliseconds, in ascending order; answers are counted in whole seconds. */
const second = 1000

/** The median of answers in each of the seconds before a time. */
export function medianBefore(times: readonly number[], end: number, seconds: number): number {
  const counts = Array.from({ length: seconds }, (_, n) => countIn(times, end - (n + 1) * second))
  return counts.sort((a, b) => a - b)[Math.floor(seconds / 2)] ?? 0
}

/** How many milliseconds after a time a whole second began with so many answers; null where there was none yet. */
export function backAfter(times: readonly number[], since: number, now: number, wanted: number): number | null {
  for (let start = since; start + second <= now; start += 50) if (countIn(times, start) >= wanted) return start - since
  return null
}

/** Answers in the second that begins at a time. */
function countIn(times: readonly number[], start: number): number {
  return firstFrom(times, start + second) - firstFrom(times, start)
}

/** The place of the first time that is not before another. */
function firstFrom(times: readonly number[], time: number): number {
  let low = 0
  for (let high = times.length; low < high; ) {
    const middle = (low + high) >> 1
    if ((times[middle] as number) < time) low = middle + 1
    else high = middle
  }
  return low
}
