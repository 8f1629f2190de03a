import type { GraphQLSchema } from 'graphql'
import { ChangeSource } from '../../prisma/generated/client.ts'
import { id, projectReference } from '../check.ts'
import { type Context, requireViewer } from '../context.ts'
import { BadUserInput, type FieldError } from '../errors.ts'
import { mutation } from '../mutation.ts'
import { findProject } from '../project/project.loaders.ts'
import { write } from '../write.ts'
import { createSecret } from './signature.ts'
import { createWebhook, deleteWebhook, rotateSecret, updateWebhook } from './webhook.actions.ts'
import { findWebhookErrors, maxWebhooks, webhookRules } from './webhook.rules.ts'
import { sealSecret } from './webhook-secret.actions.ts'

const descriptions = {
  name: 'at most 100 characters.',
  url: 'at most 2,048 characters. Must begin with https:// and have public addresses, unless SNAGLIST_WEBHOOK_HOSTS contains its host.',
  filter: 'A TicketFilter as JSON: only changes of these tickets are sent.',
  query:
    'Selection on Change without variables, such as "{ type at ticket { key title } }", at most 500 points. Its result is sent as `data`.',
  secret:
    'Secret that signs the messages: "whsec_" and 32 bytes in base64. Only returned here; it cannot be read again.',
}

/** Throws BAD_USER_INPUT with the errors of rules and of the other checks. */
async function mustBeValid(
  input: Parameters<typeof findWebhookErrors>[0],
  context: Context,
  errors: readonly FieldError[],
  schema: GraphQLSchema,
): Promise<void> {
  const allErrors = [
    ...errors,
    ...findWebhookErrors(input, {
      schema,
      viewer: requireViewer(context),
      permittedHosts: context.config.webhookHosts,
      size: await context.readDatabaseSize(),
    }),
  ]
  if (allErrors.length > 0) throw new BadUserInput(allErrors)
}

mutation('createWebhook', {
  description:
    'Creates a webhook, which sends changes to an endpoint with your permissions. Requires MAINTAINER in the project, or ADMIN for all projects. Fails with NOT_CONFIGURED if the server has no SNAGLIST_SECRET.',
  inputDescription: 'A new webhook, of which you become the owner.',
  payloadDescription: 'The new webhook and its secret.',
  collectsErrors: true,
  input: (t) => ({
    projectId: t.id({
      description: `Id or key of the project whose changes are sent. Defaults to all projects that you can see. At most ${maxWebhooks} webhooks per project.`,
    }),
    name: t.string({ required: true, description: `Display name, ${descriptions.name}` }),
    url: t.string({ required: true, description: `URL of the endpoint, ${descriptions.url}` }),
    types: t.field({ type: ['ChangeType'], required: true, description: 'Kinds of changes to send, at least one.' }),
    sources: t.field({
      type: ['ChangeSource'],
      description: 'Origins of changes to send, at least one. Defaults to all except IMPORT.',
    }),
    filter: t.field({ type: 'JSON', description: `${descriptions.filter} Defaults to all that are not archived.` }),
    sendLeaves: t.boolean({
      defaultValue: false,
      description: 'True also sends changes by which a ticket may have left the filter, with `matches: false`.',
    }),
    query: t.string({ required: true, description: descriptions.query }),
  }),
  work: 100,
  rules: { ...webhookRules, projectId: projectReference.nullable(), sources: webhookRules.sources.nullable() },
  resolve: async (input, context, errors, schema) => {
    await mustBeValid(input, context, errors, schema)
    const { sources, sendLeaves, ...fields } = input
    const result = await write(context, async (tx, viewer) => {
      const secret = createSecret()
      const webhook = await createWebhook(
        tx,
        viewer,
        { ...fields, sources: sources ?? sourcesExceptImports, sendLeaves: sendLeaves ?? false },
        sealSecret(secret, context.config.secret),
      )
      return { webhook, secret }
    })
    context.wakeWebhooks()
    return result
  },
  payload: (t) => ({
    webhook: t.expose('webhook', { type: 'Webhook', description: 'Created webhook.' }),
    secret: t.exposeString('secret', { description: descriptions.secret }),
  }),
})

const sourcesExceptImports = Object.values(ChangeSource).filter((source) => source !== ChangeSource.IMPORT)

mutation('updateWebhook', {
  description:
    'Updates, disables or enables a webhook. You become its owner if you change `url`, `filter` or `query`, or enable it. Requires MAINTAINER in its project, or ADMIN.',
  inputDescription: 'Changes to a webhook. Omitted fields keep their value.',
  payloadDescription: 'The updated webhook.',
  collectsErrors: true,
  input: (t) => ({
    id: t.id({ required: true, description: 'UUID of the webhook.' }),
    name: t.string({ description: `New display name, ${descriptions.name}` }),
    url: t.string({ description: `New URL of the endpoint, ${descriptions.url}` }),
    types: t.field({ type: ['ChangeType'], description: 'Kinds of changes to send, at least one.' }),
    sources: t.field({ type: ['ChangeSource'], description: 'Origins of changes to send, at least one.' }),
    filter: t.field({ type: 'JSON', description: `${descriptions.filter} Null removes the filter.` }),
    sendLeaves: t.boolean({
      description: 'True also sends changes by which a ticket may have left the filter, with `matches: false`.',
    }),
    query: t.string({ description: descriptions.query }),
    enabled: t.boolean({
      description: 'False fails the pending deliveries and sends no changes; true resumes, from the next change on.',
    }),
  }),
  work: 100,
  rules: { id, ...webhookRules },
  resolve: async (input, context, errors, schema) => {
    const patch = withoutNulls(input)
    await mustBeValid(patch, context, errors, schema)
    return { webhook: await write(context, (tx, viewer) => updateWebhook(tx, viewer, patch)) }
  },
  payload: (t) => ({ webhook: t.expose('webhook', { type: 'Webhook', description: 'Updated webhook.' }) }),
})

/** The rules have rejected null, except for the filter. */
function withoutNulls<Input extends { readonly filter?: unknown }>(
  input: Input,
): { [Field in keyof Input]: Field extends 'filter' ? unknown : NonNullable<Input[Field]> } {
  return input as never
}

mutation('deleteWebhook', {
  description: 'Deletes a webhook and its deliveries. Requires MAINTAINER in its project, or ADMIN.',
  inputDescription: 'A webhook to delete.',
  payloadDescription: 'The deleted webhook and its project.',
  input: (t) => ({ id: t.id({ required: true, description: 'UUID of the webhook.' }) }),
  rules: { id },
  resolve: async (input, context) => ({
    id: input.id,
    projectId: await write(context, (tx, viewer) => deleteWebhook(tx, viewer, input.id)),
  }),
  payload: (t) => ({
    deletedWebhookId: t.exposeID('id', { description: 'Id of the deleted webhook, to remove it from a client cache.' }),
    project: t.field({
      type: 'Project',
      nullable: true,
      description: 'Project of the deleted webhook. Null if it had none, or if you can no longer see it.',
      resolve: ({ projectId }, _args, context) => (projectId === null ? null : findProject(context, projectId)),
    }),
  }),
})

mutation('rotateWebhookSecret', {
  description:
    'Replaces the secret of a webhook. Messages are signed with the old and the new one for 24 hours. Requires MAINTAINER in its project, or ADMIN.',
  inputDescription: 'A webhook whose secret is replaced.',
  payloadDescription: 'The webhook and its new secret.',
  input: (t) => ({
    id: t.id({ required: true, description: 'UUID of the webhook.' }),
    expireOld: t.boolean({
      defaultValue: false,
      description: 'True stops signing with the old secret immediately, for one that is known to others.',
    }),
  }),
  rules: { id },
  resolve: async (input, context) =>
    write(context, async (tx, viewer) => {
      const secret = createSecret()
      const rotation = { secret: sealSecret(secret, context.config.secret), expireOld: input.expireOld ?? false }
      return { webhook: await rotateSecret(tx, viewer, input.id, rotation), secret }
    }),
  payload: (t) => ({
    webhook: t.expose('webhook', { type: 'Webhook', description: 'Webhook with the new secret.' }),
    secret: t.exposeString('secret', { description: descriptions.secret }),
  }),
})
