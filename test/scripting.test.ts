import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { temporaryDirectory } from './drill/server-process.ts'
import { startDemoServer } from './support/demo-server.ts'

const path = (name: string) => join(import.meta.dirname, '..', name)
const run = promisify(execFile)
const guide = readFileSync(path('docs/scripting.md'), 'utf8')
const snippets = [...guide.matchAll(/^```(sh|python)\n(.*?)^```$/gms)].map(([, language, code = '']) => ({
  language,
  code,
}))
const hasPrograms = await Promise.all(['bash', 'curl', 'python3'].map((program) => run(program, ['--version']))).then(
  () => true,
  () => false,
)

/** In the order of the guide: what each snippet prints. */
const outputs: readonly RegExp[] = [
  /^$/,
  /^{"data":{"viewer":{"username":"ada"}}.*\n{"errors":.*"code":"NOT_FOUND".*\nexit code 1\n$/,
  /^$/,
  /("id":"[^"]+").*\1/s,
  /'key': 'CORE-53', 'priority': 'URGENT', 'version': \d/,
  /^(CORE-\d+ .+\n){21,}$/,
  /^("key":"CORE-\d+"\n){60}$/,
  /^\{'matchedCount': (\d+), 'updatedCount': \1\}\n\{'matchedCount': \1, 'updatedCount': \1\}\n$/,
  /^\d+ labels renamed\n$/,
  /^$/,
  /"createdCount":1/,
  /^exit code 1\n1 severity .*\n1 category .*\n$/,
]

test.runIf(hasPrograms)(
  'every snippet of the scripting guide prints what it should',
  { timeout: 180_000 },
  async () => {
    await using server = await startDemoServer()
    using folder = temporaryDirectory()
    writeFileSync(
      join(folder.path, 'snaglist'),
      `#!/bin/sh\nexec '${process.execPath}' --liftoff-only '${path('bin/snaglist.js')}' "$@"\n`,
      { mode: 0o755 },
    )
    // A later snippet uses the variables and functions of the previous ones in the same shell.
    const script = snippets.flatMap(({ language, code }) => {
      const [, file] = /^# (\w+\.py)$/m.exec(code) ?? []
      if (language === 'python') writeFileSync(join(folder.path, file ?? ''), code)
      return [language === 'python' ? `python3 ${file}` : code.replace('http://localhost:4000', server.url), 'echo ---']
    })
    const { stdout } = await run('bash', ['-e', '-o', 'pipefail', '-c', script.join('\n')], {
      cwd: folder.path,
      env: { HOME: folder.path, PATH: `${folder.path}:${process.env['PATH']}` },
    })
    const printed = stdout.split('---\n').slice(0, -1)
    expect(printed).toHaveLength(outputs.length)
    for (const [index, output] of outputs.entries()) expect(printed[index]).toMatch(output)
  },
)
