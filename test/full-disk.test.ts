import { randomBytes } from 'node:crypto'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { startServer } from '../src/server.ts'
import { Command, runCommand } from './support/command.ts'
import { copyEmbedded } from './support/databases.ts'
import { canMount, disk, mount, resize, unmount } from './support/disk.ts'

const env = {
  PORT: '0',
  SNAGLIST_DATA: disk,
  SNAGLIST_DEMO: '0',
  SNAGLIST_LOG_LEVEL: 'error',
  SNAGLIST_BCRYPT_COST: '4',
}

/** The server notices changes of the disk later. */
const eventually = { timeout: 30_000 }

/** Writes a file of another program. */
const fillCompletely = (name: string) => {
  const { bavail, bsize } = statfsSync(disk)
  writeFileSync(join(disk, name), Buffer.alloc(bavail * bsize))
}

class DiskServer implements AsyncDisposable {
  private readonly url: string
  token = ''
  private readonly stop: () => PromiseLike<void>

  constructor(url: string, stop: () => PromiseLike<void>) {
    this.url = url
    this.stop = stop
  }

  static async start(token = ''): Promise<DiskServer> {
    const server = await startServer(readConfig(env), pino({ level: 'silent' }))
    return Object.assign(new DiskServer(server.url, () => server[Symbol.asyncDispose]()), { token })
  }

  async send(body: FormData | { query: string; variables?: object }) {
    const isForm = body instanceof FormData
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: {
        ...(this.token && { authorization: `Bearer ${this.token}` }),
        ...(!isForm && { 'content-type': 'application/json' }),
      },
      body: isForm ? body : JSON.stringify(body),
    })
    const { data, errors } = (await response.json()) as {
      data: Record<string, never> | null
      errors?: { extensions: { code: string } }[]
    }
    return { status: response.status, data, code: errors?.[0]?.extensions.code }
  }

  async setUp(): Promise<void> {
    const { data } = await this.send({
      query: 'mutation { signUp(input: { username: "ada", name: "Ada", password: "correct horse" }) { token } }',
    })
    this.token = (data as unknown as { signUp: { token: string } }).signUp.token
    await this.send({ query: 'mutation { createProject(input: { key: "CORE", name: "Core" }) { project { id } } }' })
  }

  createIssue = (description = '') =>
    this.send({
      query: `mutation ($description: String) {
        createIssue(input: { projectId: "CORE", title: "An issue", description: $description }) { issue { id } }
      }`,
      variables: { description },
    })

  /** Creates issues until one is rejected. Returns the number of acknowledged ones. */
  async createIssues(): Promise<number> {
    for (let count = 0; ; count++) {
      const { code } = await this.createIssue(randomBytes(30_000).toString('base64'))
      if (code === undefined) continue
      expect(code).toBe('UNAVAILABLE')
      return count
    }
  }

  async countIssues(): Promise<number> {
    const { data } = await this.send({ query: '{ issues { totalCount } }' })
    return (data as unknown as { issues: { totalCount: number } }).issues.totalCount
  }

  importTitles(count: number) {
    const form = new FormData()
    const query = `mutation ($file: Upload!) {
      importTickets(input: { projectId: "CORE", kind: ISSUE, file: $file }) { import { createdCount } }
    }`
    form.set('operations', JSON.stringify({ query, variables: { file: null } }))
    form.set('map', '{"0":["variables.file"]}')
    const rows = Array.from(
      { length: count },
      () => `${randomBytes(60).toString('hex')},${randomBytes(500).toString('hex')}`,
    )
    form.set('0', new File([['title,description', ...rows].join('\n')], 'issues.csv'))
    return this.send(form)
  }

  status = async (path: string) => (await fetch(this.url + path)).status

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

describe.runIf(inject('postgres') === null && canMount())('a full disk under the embedded database', () => {
  const mountWithDatabase = (size: string) => {
    mount(size)
    copyEmbedded(disk, inject('template'))
  }
  afterEach(unmount)

  const unavailable = { status: 503, code: 'UNAVAILABLE' }

  test('rejects changes with UNAVAILABLE while the disk is full, also after a restart, and loses none', async () => {
    mountWithDatabase('80m')
    const server = await DiskServer.start()
    await server.setUp()
    const acknowledged = await server.createIssues()
    expect(acknowledged).toBeGreaterThan(0)
    expect(await server.createIssue()).toMatchObject(unavailable)
    expect(await server.countIssues()).toBe(acknowledged)
    expect([await server.status('/health'), await server.status('/ready')]).toEqual([200, 200])
    await server[Symbol.asyncDispose]()
    await using restarted = await DiskServer.start(server.token)
    expect(await restarted.countIssues()).toBe(acknowledged)
    expect(await restarted.createIssue()).toMatchObject(unavailable)
    resize('300m')
    await expect.poll(async () => (await restarted.createIssue()).code, eventually).toBeUndefined()
    expect(await restarted.countIssues()).toBe(acknowledged + 1)
  })

  test('reads, stops and starts on a disk that another program has filled completely', async () => {
    mountWithDatabase('150m')
    const server = await DiskServer.start()
    await server.setUp()
    await server.createIssue()
    fillCompletely('other')
    await expect.poll(() => server.createIssue(), eventually).toMatchObject(unavailable)
    expect(await server.countIssues()).toBe(1)
    fillCompletely('another')
    await server[Symbol.asyncDispose]()
    await using restarted = await DiskServer.start(server.token)
    expect(await restarted.countIssues()).toBe(1)
    expect(await restarted.createIssue()).toMatchObject(unavailable)
    for (const name of ['other', 'another']) rmSync(join(disk, name))
    await expect.poll(async () => (await restarted.createIssue()).code, eventually).toBeUndefined()
  })

  test('ends the process when PostgreSQL finds no space within a statement, and loses no acknowledged change', async () => {
    mountWithDatabase('90m')
    await using command = new Command(['serve'], env)
    const [, url = ''] = await command.waitForOutput(/listening on (http:\/\/localhost:\d+)\/graphql/)
    const server = new DiskServer(url, () => command[Symbol.asyncDispose]())
    await server.setUp()
    await server.createIssue()
    expect(await server.importTitles(6000)).toMatchObject(unavailable)
    expect(await command.waitForExit()).toBe(1)
    expect(command.output).toContain('The embedded database has crashed: ')
    await using restarted = await DiskServer.start(server.token)
    expect(await restarted.countIssues()).toBe(1)
    resize('300m')
    await expect.poll(async () => (await restarted.createIssue()).code, eventually).toBeUndefined()
  })

  test.each(['1m', '20m'])('ends the process when a new database does not fit on a disk of %s', async (size) => {
    mount(size)
    if (size === '1m') fillCompletely('other')
    const { code, output } = await runCommand(['serve'], env)
    expect(code).toBe(1)
    expect(output).toMatch(/^The embedded database .*\. Check the free disk space\./)
    expect(output).not.toMatch(/\n\s+at /)
    if (size === '1m') return
    resize('100m')
    await using restarted = await DiskServer.start()
    expect(await restarted.status('/ready')).toBe(200)
  })
})
