import type { ExecutionResult } from 'graphql'
import { createClient } from 'graphql-sse'
import type { TypedDocumentString } from '../generated/graphql.ts'
import type { Client } from './client.ts'

/** Results of a subscription over server-sent events, in process. */
export interface TestStream<Data> extends AsyncDisposable {
  /** The next result. Fails if the stream has ended. */
  readonly next: () => Promise<ExecutionResult<Data>>
  /** Resolves when the server has ended the stream. */
  readonly end: () => Promise<void>
}

export function openStream<Data, Input extends Record<string, unknown>>(
  client: Client,
  document: TypedDocumentString<Data, Input>,
  variables: NoInfer<Input>,
): TestStream<Data> {
  const sse = createClient({ url: 'http://localhost/graphql', retryAttempts: 0, fetchFn: client.fetchUrl.bind(client) })
  const results: (ExecutionResult<Data> | 'complete' | Error)[] = []
  let onResult = () => {}
  const add = (result: (typeof results)[number]) => {
    results.push(result)
    onResult()
  }
  const unsubscribe = sse.subscribe<Data>(
    { query: document.toString(), variables },
    {
      next: (result) => add(result as ExecutionResult<Data>),
      error: (error) => add(error as Error),
      complete: () => add('complete'),
    },
  )
  const takeResult = async () => {
    while (results.length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      onResult = resolve
      await promise
    }
    return results.shift()
  }
  return {
    async next() {
      const result = await takeResult()
      if (result === 'complete') throw new Error('The stream has ended.')
      if (result instanceof Error) throw result
      return result as ExecutionResult<Data>
    },
    async end() {
      const result = await takeResult()
      if (result !== 'complete') throw new Error(`The stream continues: ${JSON.stringify(result)}`)
    },
    async [Symbol.asyncDispose]() {
      unsubscribe()
      sse.dispose()
    },
  }
}
