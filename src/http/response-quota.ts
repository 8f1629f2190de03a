import { type ResultOptions, type ResultResponse, resultResponse, toErrorResult } from './error-response.ts'
import { createQuota } from './quota.ts'
import type { Payer } from './rates.ts'
import type { HttpRequest } from './request.ts'

/** Replaces a large response by an error while clients have too many bytes of other ones to receive. */
export type LimitResponse = (
  response: ResultResponse,
  request: Pick<HttpRequest, 'onClose'>,
  payer: Payer,
  options: ResultOptions,
) => ResultResponse

const minLimitedBytes = 64_000

export function createResponseQuota(): LimitResponse {
  const quota = createQuota({
    maxPerOwner: 40_000_000,
    maxTotal: 100_000_000,
    ownerMessage: 'You have not received 40 MB of earlier responses yet. Changes made by mutations were saved.',
    totalMessage:
      'Clients have not received 100 MB of earlier responses yet. Changes made by mutations were saved. Try again later.',
  })
  return (response, { onClose }, payer, options) => {
    const bytes = Buffer.byteLength(response.body)
    if (bytes < minLimitedBytes) return response
    try {
      onClose(quota(payer, bytes))
      return response
    } catch (error) {
      return resultResponse(toErrorResult(error), options)
    }
  }
}
