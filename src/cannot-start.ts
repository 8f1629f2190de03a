/** What keeps a server or a command from starting: what was found, and what to do about it, in words for who starts it. */
export class CannotStart extends Error {
  readonly found: string
  readonly remedy: string

  constructor(found: string, remedy: string, options?: ErrorOptions) {
    super(`${found} ${remedy}`, options)
    this.found = found
    this.remedy = remedy
  }
}

/** The environment holds values that the server cannot start with. */
export class ConfigError extends Error {
  constructor(faults: readonly string[]) {
    super(`The configuration is wrong:\n${faults.map((fault) => `  ${fault}`).join('\n')}`)
  }
}

/** What went wrong, in its own words. Where several addresses were tried, those have none, but a code. */
export function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string }
  return message || code || String(error)
}
