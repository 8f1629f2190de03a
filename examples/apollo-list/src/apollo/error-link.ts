import { ErrorLink } from '@apollo/client/link/error'
import { switchMap, timer } from 'rxjs'
import { extensionsOf } from './errors.ts'

const busyCodes = ['RATE_LIMITED', 'UNAVAILABLE']
const maxWaitSeconds = 30

export interface ErrorHandlers {
  /** The token has expired or was revoked. */
  readonly onSessionEnd: () => void
  /** A request is sent again after so many seconds. */
  readonly onWait: (seconds: number) => void
}

/**
 * Ends the session on UNAUTHENTICATED, and repeats a request once if the server is busy. Other errors remain those of the
 * operation. Mutations have an Idempotency-Key, so that a repetition does not change anything twice.
 */
export const createErrorLink = ({ onSessionEnd, onWait }: ErrorHandlers) =>
  new ErrorLink(({ error, operation, forward }) => {
    const { code = '' } = extensionsOf(error)
    const { headers, response } = operation.getContext()
    if (code === 'UNAUTHENTICATED' && headers?.authorization) onSessionEnd()
    const seconds = Number(response?.headers.get('retry-after') ?? Number.NaN)
    if (!busyCodes.includes(code) || !(seconds <= maxWaitSeconds)) return
    onWait(seconds)
    return timer(seconds * 1000).pipe(switchMap(() => forward(operation)))
  })
