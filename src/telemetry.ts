import { NodeSDK } from '@opentelemetry/sdk-node'

/** Configured by the OTEL_* variables. Disposing sends the pending spans. */
export function startTelemetry(): AsyncDisposable {
  process.env['OTEL_SERVICE_NAME'] ??= 'snaglist'
  const sdk = new NodeSDK({ instrumentations: [] })
  sdk.start()
  return { [Symbol.asyncDispose]: () => sdk.shutdown() }
}
