import { addComment } from '../src/comment/comment.actions.ts'
import { raw, type Sql, sql } from '../src/database/sql.ts'
import type { Statements, Transaction } from '../src/database/statements.ts'
import type { RunTransaction } from '../src/database/transaction.ts'
import { createLabel } from '../src/label/label.actions.ts'
import { createProject, setProjectMember } from '../src/project/project.actions.ts'
import { createTicket } from '../src/ticket/ticket-create.actions.ts'
import { updateTicket } from '../src/ticket/ticket-update.actions.ts'
import { hashPassword } from '../src/user/password.actions.ts'
import type { Viewer } from '../src/viewer.ts'
import { type DemoTicket, demoLabels, demoProject, demoTickets } from './demo.ts'

const demoPassword = 'snaglist-demo'

/** The users of the demo data. Their ids identify a database with demo data. */
export const demoUsers = [
  {
    id: '019a0000-0000-7000-8000-0000000000a1',
    username: 'ada',
    name: 'Ada Brandt',
    role: 'ADMIN',
    projectRole: 'MAINTAINER',
    summary: 'admin of the server, leads the project',
  },
  {
    id: '019a0000-0000-7000-8000-0000000000a2',
    username: 'tomas',
    name: 'Tomás Ribeiro',
    role: 'MEMBER',
    projectRole: 'CONTRIBUTOR',
    summary: 'firmware developer, a CONTRIBUTOR',
  },
  {
    id: '019a0000-0000-7000-8000-0000000000a3',
    username: 'yuki',
    name: 'Yuki Tanaka',
    role: 'MEMBER',
    projectRole: 'REPORTER',
    summary: 'quality engineer on line 2, a REPORTER',
  },
] as const

const people = demoUsers.map(({ username, name, summary }) => `    ${username.padEnd(8)}${name}, ${summary}`)

/** Credentials of the accounts, as text. */
export const demoAccounts = `Demo accounts, all with the password ${demoPassword}:\n${people.join('\n')}`

/** True if a database has the demo data. */
export async function isDemo(db: Statements): Promise<boolean> {
  const admins = await db.query(
    sql`SELECT FROM users WHERE id = ${demoUsers[0].id}::uuid AND active AND role = 'ADMIN'`,
  )
  return admins.length > 0
}

/** Creates the demo data in one transaction, by the actions of the API. Its times are then spread over two months. */
export async function seedDemo(transaction: RunTransaction, bcryptCost: number): Promise<void> {
  // Takes as long as a hundred statements, which run meanwhile.
  const hash = hashPassword(demoPassword, bcryptCost)
  // The error of a failed transaction is thrown instead.
  hash.catch(() => {})
  await transaction(async (tx) => {
    await tx.prisma.user.createMany({
      data: demoUsers.map(({ projectRole, summary, ...person }) => ({
        ...person,
        email: `${person.username}@example.com`,
        passwordHash: '',
      })),
    })
    const users = new Map<string, Viewer>(demoUsers.map((person) => [person.username, person]))
    const [ada] = demoUsers
    const project = await createProject(tx, ada, demoProject)
    for (const { username, projectRole } of demoUsers)
      await setProjectMember(tx, ada, { projectId: project.id, userId: username, role: projectRole })
    const labels = new Map<string, string>()
    for (const label of demoLabels)
      labels.set(label.name, (await createLabel(tx, ada, { ...label, projectId: project.id })).id)
    const ids: string[] = []
    for (const ticket of demoTickets) ids.push(await createDemoTicket(tx, users, ticket))
    await tx.prisma.ticketLabel.createMany({
      data: demoTickets.flatMap(({ labels: names = [] }, index) =>
        names.map((name) => ({ ticketId: ids[index] as string, labelId: labels.get(name) as string })),
      ),
    })
    await moveToPast(tx, ids)
    await tx.prisma.user.updateMany({ data: { passwordHash: await hash } })
  })
}

/** Returns the id of the ticket, which has no labels yet. */
async function createDemoTicket(
  tx: Transaction,
  users: ReadonlyMap<string, Viewer>,
  { by, daysAgo, days, labels, assignee, status, resolution, disposition, comments = [], ...fields }: DemoTicket,
): Promise<string> {
  const person = (username: string) => users.get(username) as Viewer
  // Outside of transactions, actions need fewer statements. As no other transaction sees the rows, they lose no race.
  const db: Statements = { ...tx, inTransaction: false }
  const input = { projectId: demoProject.key, ...fields }
  const { id } = await createTicket(fields.kind === 'DEFECT' ? tx : db, person(by), input)
  const patch = { ...(assignee && { assigneeId: assignee }), ...(disposition && { disposition }) }
  if (Object.keys(patch).length > 0) await updateTicket(assignee ? tx : db, person('ada'), { id, patch })
  for (const [author, body] of comments) await addComment(db, person(author), { ticketId: id, body })
  if (status)
    await updateTicket(db, person(assignee === 'tomas' ? 'tomas' : 'ada'), { id, patch: { status, resolution } })
  return id
}

/** Moves the times of the tickets into the past. The ids are in the order of `demoTickets`. */
async function moveToPast(tx: Transaction, ids: readonly string[]): Promise<void> {
  // Numbers of days ago.
  const created = demoTickets.map(({ daysAgo }) => daysAgo)
  const changed = demoTickets.map(({ daysAgo, days = 1 }) => Math.max(daysAgo - days, 0.05))
  const age = sql`unnest(${ids}::uuid[], ${created}::float8[], ${changed}::float8[]) AS age (ticket_id, created, changed)`
  const before = (ago: Sql) => sql`now() - ${ago} * interval '1 day'`
  await tx.query(sql`
    UPDATE tickets SET created_at = ${before(sql`age.created`)},
      updated_at = ${before(sql`CASE version WHEN 1 THEN age.created ELSE age.changed END`)},
      resolved_at = CASE WHEN resolved_at IS NOT NULL THEN ${before(sql`age.changed`)} END
    FROM ${age} WHERE id = age.ticket_id`)
  for (const [table, column] of [
    ['history', 'at'],
    ['comments', 'created_at'],
  ] as const)
    await tx.query(sql`
      UPDATE ${raw(table)} event SET ${raw(column)} = ${before(sql`(created - (created - changed) * rank / count)`)}
      FROM (SELECT id, created, changed, rank() OVER (PARTITION BY ticket_id ORDER BY id), count(*) OVER (PARTITION BY ticket_id)
        FROM ${raw(table)} JOIN ${age} USING (ticket_id)) ranked
      WHERE event.id = ranked.id`)
}
