import { SetContextLink } from '@apollo/client/link/context'
import { OperationTypeNode } from 'graphql'

/** Sends the token, and with each mutation a key, under which it takes effect once however often it is sent. */
export const createHeaderLink = (token: string | null) =>
  new SetContextLink(({ headers }, { operationType }) => ({
    headers: {
      ...headers,
      ...(token && { authorization: `Bearer ${token}` }),
      ...(operationType === OperationTypeNode.MUTATION && { 'idempotency-key': crypto.randomUUID() }),
    },
  }))
