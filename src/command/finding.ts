/** Result of a check of `doctor`. The check failed if there is a remedy. */
export interface Finding {
  readonly subject: string
  readonly result: string
  readonly remedy?: string | undefined
}
