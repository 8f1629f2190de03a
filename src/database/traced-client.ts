import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import pg from 'pg'

type Query = (...args: unknown[]) => unknown

/** Records a span per statement, with its text but without its values. */
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
      // The pool passes a callback; other code awaits a promise.
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
