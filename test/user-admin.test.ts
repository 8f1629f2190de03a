import { beforeAll, describe, expect, test } from 'vitest'
import type { UpdateUserInput } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import type { Client } from './support/client.ts'
import { signUp, type TestUser } from './support/people.ts'

const server = useServer()
/** The only ADMIN between tests. */
let admin: TestUser
let member: TestUser
beforeAll(async () => {
  admin = await signUp(server, 'admin')
  member = await signUp(server, 'member')
})

const UserChange = graphql(`
  mutation UserChange($input: UpdateUserInput!) { updateUser(input: $input) { user { name role active } } }
`)
const UserRoles = graphql(`query UserRoles { users(first: 200) { nodes { username role active } } }`)

const update = async (client: Client, id: string, change: Omit<UpdateUserInput, 'id'>) =>
  (await client.ask(UserChange, { input: { id, ...change } })).updateUser.user
const admins = async () =>
  (await member.ask(UserRoles)).users.nodes
    .filter(({ role, active }) => role === 'ADMIN' && active)
    .map(({ username }) => username)
const newAdmin = async (username: string) => {
  const person = await signUp(server, username)
  await update(admin, username, { role: 'ADMIN' })
  return person
}

describe('last active ADMIN', () => {
  test('rejects the demotion and deactivation of the last active ADMIN', async () => {
    const errorCodeFor = async (change: Omit<UpdateUserInput, 'id'>) =>
      (await admin.expectError(UserChange, { input: { id: 'admin', ...change } })).extensions?.code
    expect(await errorCodeFor({ role: 'MEMBER' })).toBe('CONFLICT')
    expect(await errorCodeFor({ active: false, name: 'Gone' })).toBe('CONFLICT')
    expect(await update(admin, 'admin', { role: 'ADMIN', active: true })).toMatchObject({ name: 'admin' })
    const closed = await newAdmin('closed')
    await update(admin, closed.id, { active: false })
    expect(await errorCodeFor({ role: 'MEMBER' })).toBe('CONFLICT')
    expect(await admins()).toEqual(['admin'])
  })

  test('demotes an ADMIN if there is another one, and revokes the permissions', async () => {
    const next = await newAdmin('next')
    expect(await update(admin, 'admin', { role: 'MEMBER' })).toMatchObject({ role: 'MEMBER' })
    const { extensions } = await admin.expectError(UserChange, { input: { id: 'member', name: 'Renamed' } })
    expect(extensions?.code).toBe('FORBIDDEN')
    admin = next
    expect(await admins()).toEqual(['next'])
  })

  test.each([
    { action: 'demote themselves', change: { role: 'MEMBER' }, crossed: false },
    { action: 'deactivate themselves', change: { active: false }, crossed: false },
    { action: 'demote each other', change: { role: 'MEMBER' }, crossed: true },
    { action: 'deactivate each other', change: { active: false }, crossed: true },
  ] as const)('keeps an active ADMIN when two ADMINs concurrently $action', async ({ change, crossed }) => {
    for (let round = 0; round < 3; round++) {
      const suffix = crypto.randomUUID().slice(0, 8)
      const [one, other] = [await newAdmin(`one-${suffix}`), await newAdmin(`other-${suffix}`)]
      await update(admin, admin.id, { role: 'MEMBER' })
      const responses = await Promise.all(
        [one, other].map((person) => {
          const id = (person === one) === crossed ? other.id : one.id
          return person.send(UserChange, { input: { id, ...change } })
        }),
      )
      const [left, ...more] = await admins()
      expect(more).toEqual([])
      admin = left === one.username ? one : other
      expect(left).toBe(admin.username)
      const codes = responses.map(({ errors }) => errors?.[0]?.extensions?.code)
      expect(codes.filter((code) => code === undefined)).toHaveLength(1)
      // The user may have lost the permissions before the request began.
      expect(['CONFLICT', 'FORBIDDEN', 'UNAUTHENTICATED']).toContain(codes.find((code) => code !== undefined))
    }
  })
})
