import type { CreateWebhookInput } from '../generated/graphql.ts'
import { graphql } from '../generated/index.ts'
import type { Client } from './client.ts'

export const webhookSettings = { SNAGLIST_SECRET: 'a secret of at least 32 characters' } as const

const CreateWebhook = graphql(`
  mutation CreateWebhook($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } secret } }
`)
const TestWebhook = graphql(`
  mutation TestWebhook($id: ID!) { testWebhook(input: { id: $id }) { delivery { id } } }
`)

export const newWebhook = (projectId: string | null, more: Partial<CreateWebhookInput> = {}): CreateWebhookInput => ({
  projectId,
  name: 'A webhook',
  url: 'https://example.com/hook',
  types: ['TICKET_CREATED', 'TICKET_UPDATED'],
  query: '{ type key }',
  ...more,
})

export async function createWebhook(
  client: Client,
  projectId: string | null,
  more: Partial<CreateWebhookInput> = {},
): Promise<{ id: string; secret: string }> {
  const { createWebhook } = await client.ask(CreateWebhook, { input: newWebhook(projectId, more) })
  return { id: createWebhook.webhook.id, secret: createWebhook.secret }
}

/** Returns the id of the delivery. */
export async function testWebhook(client: Client, id: string): Promise<string> {
  return (await client.ask(TestWebhook, { id })).testWebhook.delivery.id
}
