import { type DocumentNode, type ExecutionResult, getOperationAST } from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import type { Context } from '../../src/context.ts'
import { createDatabaseSizeReader } from '../../src/database/size.ts'
import { contextFactory } from '../../src/graphql/create-context.ts'
import { createDocumentCache } from '../../src/graphql/document-cache.ts'
import { describeVariableErrors } from '../../src/graphql/variable-errors.ts'
import { createAuthenticate } from '../../src/http/authenticate.ts'
import { maskError } from '../../src/http/mask-error.ts'
import { createRates } from '../../src/http/rates.ts'
import { schema } from '../../src/schema.ts'
import type { TestServer } from './app.ts'

const useVariableErrors: Plugin = {
  onExecute: ({ args }) => ({
    onExecuteDone({ result, setResult }) {
      const document = args.document as DocumentNode
      const operation = getOperationAST(document, args.operationName)
      if (operation) setResult(describeVariableErrors(result as ExecutionResult, operation, document))
    },
  }),
}

/**
 * Yoga's own pipeline with the same schema and context, executed by graphql-js. The endpoint must return the same
 * responses.
 */
export function createOracle(server: TestServer) {
  const documents = createDocumentCache({ schema, suggestions: true, compilation: false, onRun: () => {} })
  const rates = createRates({ requests: 0, points: 0, pool: null })
  const readDatabaseSize = createDatabaseSizeReader(server.database.pool)
  const authenticate = createAuthenticate(server.viewerCache, rates)
  const createContext = contextFactory({
    ...server,
    authenticate,
    documents,
    rates,
    readDatabaseSize,
    wakeWebhooks: () => {},
  })
  return createYoga<object, Context>({
    schema,
    context: ({ request }) =>
      createContext(
        { method: request.method, header: (name) => request.headers.get(name), address: '127.0.0.1' },
        'oracle',
      ),
    batching: false,
    multipart: false,
    graphiql: false,
    landingPage: false,
    logging: false,
    maskedErrors: { maskError },
    plugins: [useVariableErrors],
  })
}
