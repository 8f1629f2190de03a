import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import {
  type ExecutionArgs,
  type ExecutionResult,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLSchema,
} from 'graphql'
import type { ServerOptions } from 'graphql-ws'
import type { Logger } from 'pino'
import type { WebSocket, WebSocketServer } from 'ws'
import type { Context } from '../context.ts'
import type { CreateContext } from '../graphql/create-context.ts'
import type { Execute } from '../graphql/execute.ts'
import type { Operation } from '../graphql/operation.ts'
import type { ReadOperation } from '../graphql/operation-reader.ts'
import { checkParameters } from '../graphql/parameters.ts'
import type { AddressOf } from '../http/address.ts'
import type { Cors } from '../http/cors.ts'
import { presentResult, toErrorResult } from '../http/error-response.ts'
import type { Rates } from '../http/rates.ts'
import type { Header } from '../http/request.ts'
import { requestIdFrom } from '../http/request-id.ts'
import type { Subscribe } from './subscribe.ts'

interface WebSocketsOptions {
  readonly schema: GraphQLSchema
  readonly path: string
  readonly cors: Cors
  readonly addressOf: AddressOf
  readonly rates: Rates
  readonly createContext: CreateContext
  readonly readOperation: ReadOperation
  readonly execute: Execute
  readonly subscribe: Subscribe
  readonly stopping: AbortSignal
  readonly log: Logger
}

export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** Properties of a socket that its messages need. */
interface Extra {
  readonly socket: WebSocket
  readonly request: IncomingMessage
}

interface Prepared {
  readonly operation: Operation
  readonly context: Context
  readonly authorization: string | null
}

type ProtocolOptions = ServerOptions<Record<string, unknown>, Extra>

const maxMessageBytes = 1_000_000
const maxSockets = 4000
const pingMilliseconds = 12_000
const stallMilliseconds = 30_000
/** Clients that are disconnected together would return together. */
const stopSpreadMilliseconds = 2000
const serviceRestart = 1012
const unauthorized = 4401

/** GraphQL over WebSocket: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md */
export function createWebSockets(options: WebSocketsOptions): Upgrade {
  const { path, cors, stopping, log } = options
  let server: Promise<WebSocketServer> | undefined
  return async (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    const refuse = (status: string) =>
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    const { origin, host } = request.headers
    const isSameOrigin = !origin || (URL.canParse(origin) && new URL(origin).host === host)
    if (request.url?.split('?', 1)[0] !== path) return refuse('404 Not Found')
    if (!isSameOrigin && !cors.allows(origin)) return refuse('403 Forbidden')
    if (stopping.aborted) return refuse('503 Service Unavailable')
    try {
      server ??= createServer(options)
      const sockets = await server
      if (sockets.clients.size >= maxSockets) return refuse('503 Service Unavailable')
      sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request))
    } catch (error) {
      log.error({ err: error }, 'unexpected error')
      socket.destroy()
    }
  }
}

/** The modules are loaded by the first connection. */
async function createServer(options: WebSocketsOptions): Promise<WebSocketServer> {
  const [{ WebSocketServer }, { handleProtocols, makeServer }] = await Promise.all([import('ws'), import('graphql-ws')])
  const protocol = makeServer<Record<string, unknown>, Extra>(protocolOptions(options))
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, handleProtocols })
  sockets.on('connection', (socket, request) => {
    const fail = (error: unknown) => {
      options.log.error({ err: error }, 'unexpected error')
      socket.close(1011)
    }
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (message) => sendMessage(socket, message),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (onMessage) => socket.on('message', (data) => void onMessage(String(data)).catch(fail)),
      },
      { socket, request },
    )
    const stopPinging = keepAlive(socket)
    const stop = () => void setTimeout(() => socket.close(serviceRestart), Math.random() * stopSpreadMilliseconds)
    options.stopping.addEventListener('abort', stop)
    socket.on('error', () => socket.terminate())
    socket.once('close', (code, reason) => {
      stopPinging()
      options.stopping.removeEventListener('abort', stop)
      closed(code, String(reason)).catch(fail)
    })
  })
  return sockets
}

/** Resolves when the message has left the process, so that a slow client slows its streams. */
const sendMessage = (socket: WebSocket, message: string) =>
  new Promise<void>((resolve) => {
    if (socket.readyState !== socket.OPEN) return resolve()
    const stall = setTimeout(() => socket.terminate(), stallMilliseconds)
    socket.send(message, () => {
      clearTimeout(stall)
      resolve()
    })
  })

function keepAlive(socket: WebSocket): () => void {
  let isAlive = true
  socket.on('pong', () => {
    isAlive = true
  })
  const timer = setInterval(() => {
    if (!isAlive) return socket.terminate()
    isAlive = false
    socket.ping()
  }, pingMilliseconds)
  return () => clearInterval(timer)
}

function protocolOptions({
  schema,
  createContext,
  readOperation,
  rates,
  execute,
  subscribe,
  addressOf,
  log,
}: WebSocketsOptions): ProtocolOptions {
  const openContext = async ({ request }: Extra, params: Readonly<Record<string, unknown>> | undefined) => {
    const authorization = authorizationIn(params) ?? request.headers.authorization ?? null
    // A key in the headers of the connection would belong to all its operations.
    const header: Header = (name) =>
      name === 'authorization' ? authorization : name === 'idempotency-key' ? null : request.headers[name]?.toString()
    const context = await createContext({ method: 'POST', header, address: addressOf(request) }, requestIdFrom(null))
    return { context, authorization }
  }
  const present = ({ contextValue }: ExecutionArgs, result: ExecutionResult) =>
    presentResult(result, { requestId: (contextValue as Prepared).context.requestId, log })
  return {
    async onConnect({ extra, connectionParams }) {
      const { context } = await openContext(extra, connectionParams).catch(() => ({ context: null }))
      if (!context?.viewer) extra.socket.close(unauthorized, 'Send a token as `authorization` in connectionParams')
      return Boolean(context?.viewer)
    },
    async onSubscribe({ extra, connectionParams }, _id, payload) {
      try {
        const { context, authorization } = await openContext(extra, connectionParams)
        await rates.countRequest(context.payer)
        const operation = await readOperation(checkParameters({ ...payload }), context)
        return {
          schema,
          document: operation.document,
          operationName: operation.name ?? null,
          variableValues: payload.variables ?? {},
          contextValue: { operation, context, authorization } satisfies Prepared,
        }
      } catch (error) {
        const { errors = [] } = presentResult(toErrorResult(error), { requestId: requestIdFrom(null), log })
        return errors.map(({ message, extensions }) => new GraphQLError(message, { extensions: extensions ?? {} }))
      }
    },
    execute: (args) => {
      const { operation, context } = args.contextValue as Prepared
      return execute(operation, context, args.variableValues ?? {}).then(
        ({ result }) => present(args, result),
        (error) => present(args, toErrorResult(error)),
      ) as Promise<ExecutionResult>
    },
    subscribe: (args) =>
      subscribe({ ...(args.contextValue as Prepared), variables: args.variableValues ?? {} }).catch((error) =>
        present(args, toErrorResult(error)),
      ) as ReturnType<NonNullable<ProtocolOptions['subscribe']>>,
    // The results are presented already.
    onNext: (_context, _id, _payload, _args, result) => result as FormattedExecutionResult,
  }
}

function authorizationIn(params: Readonly<Record<string, unknown>> | undefined): string | null {
  const value = params?.['authorization'] ?? params?.['Authorization']
  return typeof value === 'string' ? value : null
}
