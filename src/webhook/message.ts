interface Message {
  readonly type: string
  /** In ISO 8601. */
  readonly at: string
  /** Null for a test. */
  readonly cursor: string | null
  readonly data: unknown
  readonly errors?: readonly unknown[]
}

/** The payload that Standard Webhooks recommends, with the cursor of the change and errors of its query. */
export const messageBody = ({ type, at, cursor, data, errors }: Message): string =>
  JSON.stringify({ type, timestamp: at, cursor, data, errors })
