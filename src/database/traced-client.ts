import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import pg from 'pg'

type Query = (...args: unknown[]) => unknown

/** A connection whose statements are spans, with their text and without their values. */
export class TracedClient extends pg.Client {
  constructor(options?: pg.ClientConfig) {
    super(options)
    const send = this.query.bind(this) as Query
    const query: Query = (...args) => {
      const [statement] = args as [string | { readonly text?: string }]
      const text = typeof statement === 'string' ? statement : (statement.text ?? '')
      const span = trace.getTracer('snaglist').startSpan(/\w+/.exec(text)?.[0] ?? 'SQL', {
        kind: SpanKind.CLIENT,
        attributes: { 'db.system.name': 'postgresql', 'db.query.text': text },
      })
      const end = (error?: unknown) => {
        if (error) span.setStatus({ code: SpanStatusCode.ERROR })
        span.end()
      }
      // A pool waits with a callback, all others for a promise.
      const callback = args.at(-1)
      if (typeof callback === 'function')
        return send(...args.slice(0, -1), (error: unknown, result: unknown) => {
          end(error)
          callback(error, result)
        })
      const sent = send(...args)
      if (sent instanceof Promise) sent.then(() => end(), end)
      else end()
      return sent
    }
    this.query = query as typeof this.query
  }
}
