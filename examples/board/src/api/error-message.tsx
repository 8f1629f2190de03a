import type { CombinedError } from 'urql'
import { apiError } from './errors.ts'

/** The message of a failed request, announced by screen readers. */
export function ErrorMessage({ error }: { readonly error: CombinedError | undefined }) {
  return (
    <p role="alert" className="error">
      {error && apiError(error).message}
    </p>
  )
}
