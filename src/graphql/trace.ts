import { context as activeContext, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Execute } from './execute.ts'

export const traceExecution =
  (execute: Execute): Execute =>
  (operation, context, ...rest) => {
    const parent = propagation.extract(activeContext.active(), { traceparent: context.traceParent ?? undefined })
    const options = {
      kind: SpanKind.SERVER,
      attributes: {
        'graphql.operation.type': operation.kind,
        ...(operation.name && { 'graphql.operation.name': operation.name }),
        ...(context.viewer && { 'user.name': context.viewer.username }),
        'snaglist.request_id': context.requestId,
      },
    }
    const name = [operation.kind, operation.name].filter(Boolean).join(' ')
    return trace.getTracer('snaglist').startActiveSpan(name, options, parent, async (span) => {
      try {
        const execution = await execute(operation, context, ...rest)
        span.setAttribute('snaglist.cost', execution.cost)
        const code = execution.result.errors?.[0]?.extensions?.['code']
        if (execution.result.errors) span.setStatus({ code: SpanStatusCode.ERROR, message: String(code ?? 'error') })
        return execution
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR })
        throw error
      } finally {
        span.end()
      }
    })
  }
