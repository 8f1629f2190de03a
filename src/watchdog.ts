import { existsSync, openSync, readSync, writeSync } from 'node:fs'
import { url as debuggerUrl } from 'node:inspector'
import { isMainThread, Worker, workerData } from 'node:worker_threads'

const stderr = 2
const tickMilliseconds = 1000
const maxDeadTicks = 60

interface WatchdogData {
  /** Counts the turns of the event loop. */
  readonly beats: Int32Array
  readonly tickMilliseconds: number
  readonly maxDeadTicks: number
}

/**
 * Kills the process if its event loop is dead: no turn and no read or write of the main thread for a minute. A long
 * statement of the embedded database blocks the loop, but reads and writes files. Uses SIGKILL, since a blocked process
 * handles no other signal. Requires Linux; elsewhere, and with a debugger, which pauses the loop, nothing is watched.
 */
export function startWatchdog(limits: Partial<Omit<WatchdogData, 'beats'>> = {}): Disposable {
  if (!existsSync(ioFile) || debuggerUrl()) return { [Symbol.dispose]() {} }
  const data: WatchdogData = {
    beats: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)),
    tickMilliseconds,
    maxDeadTicks,
    ...limits,
  }
  const timer = setInterval(() => Atomics.add(data.beats, 0, 1), data.tickMilliseconds / 2).unref()
  const worker = new Worker(new URL(import.meta.url), { workerData: data, execArgv: [] })
  worker.unref()
  worker.on('error', ({ message }) => process.emitWarning(`The watchdog ended: ${message}`))
  return {
    [Symbol.dispose]() {
      clearInterval(timer)
      void worker.terminate()
    },
  }
}

/** Counters of bytes and system calls of the main thread: https://docs.kernel.org/filesystems/proc.html */
const ioFile = `/proc/self/task/${process.pid}/io`

function watch({ beats, tickMilliseconds, maxDeadTicks }: WatchdogData): never {
  // Kept open, so that reading it requires no further file descriptor.
  const file = openSync(ioFile, 'r')
  const counters = Buffer.alloc(1024)
  const clock = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  let lastState = ''
  for (let deadTicks = 0; ; ) {
    // Counts ticks instead of time, so that a suspended process survives.
    Atomics.wait(clock, 0, 0, tickMilliseconds)
    const length = readSync(file, counters, 0, counters.length, 0)
    const state = `${Atomics.load(beats, 0)} ${counters.toString('latin1', 0, length)}`
    deadTicks = state === lastState ? deadTicks + 1 : 0
    lastState = state
    if (deadTicks < maxDeadTicks) continue
    writeSync(stderr, 'The event loop is dead. The process kills itself, so that a supervisor can restart it.\n')
    process.kill(process.pid, 'SIGKILL')
    // Linux ignores the signal if this is process 1 of a container.
    deadTicks = 0
  }
}

if (!isMainThread && (workerData as WatchdogData | null)?.beats) watch(workerData as WatchdogData)
