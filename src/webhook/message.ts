interface Message {
  readonly type: string
  readonly at: Date
  /** Null for a test. */
  readonly cursor: string | null
  readonly data: unknown
  readonly errors?: readonly unknown[]
}

/** The payload that Standard Webhooks recommends, with the cursor of the change and errors of its query. */
export const messageBody = ({ type, at, cursor, data, errors }: Message): string =>
  JSON.stringify({ type, timestamp: at.toISOString(), cursor, data, errors })
