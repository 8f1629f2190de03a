import { NodeSDK } from '@opentelemetry/sdk-node'

/** Sends traces as the OTEL_* variables say; disposing sends what is left. */
export function startTelemetry(): AsyncDisposable {
  process.env['OTEL_SERVICE_NAME'] ??= 'snaglist'
  const sdk = new NodeSDK({ instrumentations: [] })
  sdk.start()
  return { [Symbol.asyncDispose]: () => sdk.shutdown() }
}
