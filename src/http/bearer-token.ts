export const bearerToken = (authorization: string | null | undefined): string | null =>
  /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? null

/** The header WWW-Authenticate of a response with status 401: RFC 6750, section 3. */
export const bearerChallenge = (authorization: string | null | undefined): string =>
  authorization ? 'Bearer realm="Snaglist", error="invalid_token"' : 'Bearer realm="Snaglist"'
