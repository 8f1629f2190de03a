import { setImmediate } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import { statementsOf, useServer } from './support/app.ts'
import { countsOf, type ImportOptions, importCsv } from './support/imports.ts'
import { type Cast, castOf, createProject } from './support/people.ts'

const server = useServer()
let cast: Cast

beforeAll(async () => {
  cast = await castOf(server)
})

test('an import takes as many statements for a thousand rows as for ten, whether they are new, changed or the same', async () => {
  const counts: number[] = []
  for (const rows of [10, 1000]) {
    const projectId = (await createProject(cast.maintainer, `ROWS${rows}`)).key
    const input: ImportOptions = { projectId, kind: 'DEFECT', createLabels: true }
    const csv = (title: string) =>
      `externalKey,title,category,labels\n${Array.from({ length: rows }, (_, index) => `${index},${title} ${index},Dent,ui;net`).join('\n')}\n`
    for (const [file, expected] of [
      [csv('One'), [rows, 0, 0, 0]],
      [csv('Two'), [0, rows, 0, 0]],
      [csv('Two'), [0, 0, rows, 0]],
    ] as const) {
      const { result, sent } = await statementsOf(server, () => importCsv(cast.maintainer, file, input))
      expect(countsOf(result)).toEqual(expected)
      counts.push(sent.length)
    }
  }
  expect(counts.slice(3)).toEqual(counts.slice(0, 3))
  expect(Math.max(...counts)).toBeLessThan(40)
})

test('other requests are answered while a file is imported', async () => {
  const projectId = (await createProject(cast.maintainer, 'LARGE')).key
  const rows = Array.from({ length: 5000 }, (_, index) => `Ticket ${index},${'text '.repeat(20)}`)
  let done = false
  const importing = importCsv(cast.maintainer, `title,description\n${rows.join('\n')}\n`, {
    projectId,
    kind: 'ISSUE',
  }).finally(() => {
    done = true
  })
  let answered = 0
  while (!done) {
    const { data } = await cast.viewer.post({ query: '{ viewer { id } projects { totalCount } }' })
    expect(data).toBeTruthy()
    answered++
    // The embedded database answers without waiting for anything: the file has its turn.
    await setImmediate()
  }
  expect(countsOf(await importing)).toEqual([5000, 0, 0, 0])
  expect(answered).toBeGreaterThan(0)
})
