export class StartupError extends Error {
  readonly problem: string
  readonly remedy: string

  constructor(problem: string, remedy: string, options?: ErrorOptions) {
    super(`${problem} ${remedy}`, options)
    this.problem = problem
    this.remedy = remedy
  }
}

export class ConfigError extends Error {
  constructor(errors: readonly string[]) {
    super(`Invalid configuration:\n${errors.map((error) => `  ${error}`).join('\n')}`)
  }
}

export const crashOfDatabase = (reason: unknown): StartupError =>
  new StartupError(
    `The embedded database has crashed: ${reasonOf(reason)}.`,
    'Check the free disk space. The database recovers when the server is started again.',
  )

/** The message of an error; its code if the message is empty, as for a connection to several addresses. */
export function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string }
  return message || code || String(error)
}
