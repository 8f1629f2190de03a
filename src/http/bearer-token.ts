/** The token of an Authorization header; null if the header is missing or of another scheme. */
export const bearerToken = (authorization: string | null | undefined): string | null =>
  /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? null
