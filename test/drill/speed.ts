/** Times are in milliseconds, in ascending order. */
const second = 1000

/** The median number of responses per second in the seconds before a time. */
export function medianBefore(times: readonly number[], end: number, seconds: number): number {
  const counts = Array.from({ length: seconds }, (_, n) => countIn(times, end - (n + 1) * second))
  return counts.sort((a, b) => a - b)[Math.floor(seconds / 2)] ?? 0
}

/** Milliseconds from `since` to the first second with a number of responses; null if there was none yet. */
export function recoveryTime(times: readonly number[], since: number, now: number, perSecond: number): number | null {
  for (let start = since; start + second <= now; start += 50)
    if (countIn(times, start) >= perSecond) return start - since
  return null
}

/** The number of responses in the second that begins at a time. */
function countIn(times: readonly number[], start: number): number {
  return firstFrom(times, start + second) - firstFrom(times, start)
}

/** The index of the first time that is not before another (binary search). */
function firstFrom(times: readonly number[], time: number): number {
  let low = 0
  for (let high = times.length; low < high; ) {
    const middle = (low + high) >> 1
    if ((times[middle] as number) < time) low = middle + 1
    else high = middle
  }
  return low
}
