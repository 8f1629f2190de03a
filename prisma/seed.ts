import { addComment } from '../src/comment/comment.actions.ts'
import { raw, type Sql, sql } from '../src/database/sql.ts'
import type { Transaction } from '../src/database/statements.ts'
import type { RunTransaction } from '../src/database/transaction.ts'
import { createLabel } from '../src/label/label.actions.ts'
import { createProject, setProjectMember } from '../src/project/project.actions.ts'
import { createTicket } from '../src/ticket/ticket-create.actions.ts'
import { updateTicket } from '../src/ticket/ticket-update.actions.ts'
import { hashPassword } from '../src/user/password.actions.ts'
import type { Viewer } from '../src/viewer.ts'
import { type DemoTicket, demoLabels, demoProject, demoTickets } from './demo.ts'
import type { PrismaClient } from './generated/client.ts'

export const demoPassword = 'snaglist-demo'

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

/** True if a database has the demo data. */
export async function isDemo(prisma: PrismaClient): Promise<boolean> {
  const [admin] = demoUsers
  return (
    (await prisma.user.findUnique({ where: { id: admin.id, active: true, role: 'ADMIN' }, select: { id: true } })) !==
    null
  )
}

/** Creates the demo data in one transaction, by the actions of the API. Its times are then spread over two months. */
export async function seedDemo(transaction: RunTransaction, bcryptCost: number): Promise<void> {
  const passwordHash = await hashPassword(demoPassword, bcryptCost)
  await transaction(async (tx) => {
    await tx.prisma.user.createMany({
      data: demoUsers.map(({ projectRole, summary, ...person }) => ({
        ...person,
        email: `${person.username}@example.com`,
        passwordHash,
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
    for (const ticket of demoTickets) await createDemoTicket(tx, users, labels, ticket)
  })
}

async function createDemoTicket(
  tx: Transaction,
  users: ReadonlyMap<string, Viewer>,
  labels: ReadonlyMap<string, string>,
  demo: DemoTicket,
): Promise<void> {
  const person = (username: string) => users.get(username) as Viewer
  const {
    by,
    daysAgo,
    days,
    labels: names = [],
    assignee,
    status,
    resolution,
    disposition,
    comments = [],
    ...fields
  } = demo
  const ticket = await createTicket(tx, person(by), { projectId: demoProject.key, ...fields })
  const labelIds = names.map((name) => labels.get(name) as string)
  await tx.prisma.ticketLabel.createMany({ data: labelIds.map((labelId) => ({ ticketId: ticket.id, labelId })) })
  const patch = { ...(assignee && { assigneeId: assignee }), ...(disposition && { disposition }) }
  if (Object.keys(patch).length > 0) await updateTicket(tx, person('ada'), { id: ticket.id, patch })
  for (const [author, body] of comments) await addComment(tx, person(author), { ticketId: ticket.id, body })
  if (status)
    await updateTicket(tx, person(assignee === 'tomas' ? 'tomas' : 'ada'), {
      id: ticket.id,
      patch: { status, resolution },
    })
  await moveToPast(tx, ticket.id, daysAgo, days ?? 1)
}

/** Moves the times of a ticket into the past. `days` is the time from its creation to its last change. */
async function moveToPast(tx: Transaction, id: string, daysAgo: number, days: number): Promise<void> {
  const before = (ago: Sql) => sql`now() - ${ago} * interval '1 day'`
  const filed = sql`${daysAgo}::float8`
  const last = sql`${Math.max(daysAgo - days, 0.05)}::float8`
  await tx.query(sql`
    UPDATE tickets SET created_at = ${before(filed)},
      updated_at = CASE version WHEN 1 THEN ${before(filed)} ELSE ${before(last)} END,
      resolved_at = CASE WHEN resolved_at IS NOT NULL THEN ${before(last)} END
    WHERE id = ${id}::uuid`)
  for (const [table, column] of [
    ['history', 'at'],
    ['comments', 'created_at'],
  ] as const)
    await tx.query(sql`
      UPDATE ${raw(table)} event SET ${raw(column)} = ${before(sql`(${filed} - (${filed} - ${last}) * ranked.rank / ranked.count)`)}
      FROM (SELECT id, rank() OVER (ORDER BY id), count(*) OVER () FROM ${raw(table)} WHERE ticket_id = ${id}::uuid) ranked
      WHERE event.id = ranked.id`)
}
