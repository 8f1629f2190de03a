import { isInterfaceType, isObjectType } from 'graphql'
import { expect, test } from 'vitest'
import { builder } from '../src/builder.ts'
import { schema } from '../src/schema.ts'

const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) || isInterfaceType(type))

test('selects no columns or relations through Prisma', () => {
  const selections = types.flatMap((type) =>
    [type, ...Object.values(type.getFields())]
      .filter(({ extensions }) => extensions['pothosPrismaSelect'] || extensions['pothosPrismaInclude'])
      .map(({ name }) => `${type.name}: ${name}`),
  )
  expect(selections).toEqual([])
})

test('declares the types of stored rows from their Prisma models', () => {
  const models = types.flatMap(({ name, extensions }) => {
    const model = extensions['pothosPrismaModel']
    return model ? [[name, model]] : []
  })
  expect(Object.fromEntries(models)).toEqual({
    AccessToken: 'Token',
    Change: 'Change',
    Comment: 'Comment',
    Defect: 'Ticket',
    HistoryEvent: 'HistoryEvent',
    Import: 'Import',
    ImportFault: 'ImportFault',
    Issue: 'Ticket',
    Label: 'Label',
    Project: 'Project',
    ProjectMember: 'ProjectMember',
    Session: 'Token',
    Ticket: 'Ticket',
    User: 'User',
    Webhook: 'Webhook',
    WebhookDelivery: 'WebhookDelivery',
  })
})

test('rejects relations, selections and hidden columns at compile time', () => {
  // Only type-checked, never called.
  const declarations = [
    // @ts-expect-error a relation would need a separate statement
    () => builder.prismaObjectField('User', 'tokens', (t) => t.relation('tokens')),
    // @ts-expect-error a count would need a separate statement
    () => builder.prismaObjectField('User', 'tokenCount', (t) => t.relationCount('tokens')),
    // @ts-expect-error a type with a selection would read its rows again
    () => builder.prismaObject('User', { variant: 'Selecting', select: { id: true }, fields: () => ({}) }),
    // @ts-expect-error a type with an include would read its rows again
    () => builder.prismaObject('User', { variant: 'Including', include: { tokens: true }, fields: () => ({}) }),
    () =>
      builder.prismaObjectField('User', 'secret', (t) =>
        // @ts-expect-error a field with a selection would read the row again
        t.string({ select: { passwordHash: true }, resolve: () => '' }),
      ),
    // @ts-expect-error hidden columns
    () => builder.prismaObjectField('User', 'passwordHash', (t) => t.exposeString('passwordHash')),
    // @ts-expect-error
    () => builder.prismaObjectField('Token', 'hash', (t) => t.expose('hash', { type: 'JSON' })),
    // @ts-expect-error
    () => builder.prismaObjectField('Project', 'lastNumber', (t) => t.exposeInt('lastNumber')),
    // @ts-expect-error
    () => builder.prismaObjectField('Import', 'made', (t) => t.expose('made', { type: 'JSON' })),
    // @ts-expect-error
    () => builder.prismaObjectField('Webhook', 'secret', (t) => t.expose('secret', { type: 'JSON' })),
  ]
  expect(declarations).toHaveLength(10)
})
