import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'

/** Runs code in a process that the watchdog kills after a second without life. */
const run = (code: string, options: readonly string[]) =>
  spawnSync(
    process.execPath,
    [
      ...options,
      '--input-type=module',
      '--eval',
      `import { writeFileSync } from 'node:fs'
      import { setTimeout as wait } from 'node:timers/promises'
      import { startWatchdog } from '${new URL('../src/watchdog.ts', import.meta.url)}'
      using _watchdog = startWatchdog({ tickMilliseconds: 50, maxDeadTicks: 20 })
      const until = Date.now() + 1500
      ${code}
      console.log('survived')`,
    ],
    { encoding: 'utf8', timeout: 20_000 },
  )

test.runIf(existsSync('/proc/self/io')).each<[string, string, boolean, ...string[]]>([
  ['an event loop that turns', 'while (Date.now() < until) await wait(20)', true],
  [
    'a blocked event loop that reads or writes files',
    "while (Date.now() < until) writeFileSync('/dev/null', 'x')",
    true,
  ],
  ['a blocked event loop that only computes', 'await wait(20); for (;;);', false],
  ['a debugger', 'while (Date.now() < until);', true, '--inspect=0'],
])('the watchdog recognizes %s', (_description, code, survives, ...options) => {
  const { signal, stdout, stderr } = run(code, options)
  expect({ signal, stdout }).toEqual(
    survives ? { signal: null, stdout: 'survived\n' } : { signal: 'SIGKILL', stdout: '' },
  )
  expect(stderr.includes('The event loop is dead')).toBe(!survives)
})
