/** A position of the feed, with the state for which it was issued. */
export interface FeedCursor {
  readonly position: number
  readonly epoch: string
  /** Time of issue in milliseconds since the epoch. */
  readonly at: number
  /** Digest of the projects that the viewer could see. */
  readonly visibility: string
}

const pattern = /^(\d{1,15}) ([0-9a-f-]{36}) (\d{1,14}) (admin|[0-9a-f]{16})$/

export const encodeFeedCursor = ({ position, epoch, at, visibility }: FeedCursor): string =>
  Buffer.from(`${position} ${epoch} ${at} ${visibility}`).toString('base64url')

/** Returns null if the text is not a cursor. */
export function decodeFeedCursor(cursor: string): FeedCursor | null {
  const [, position, epoch = '', at, visibility = ''] = pattern.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  return position === undefined ? null : { position: Number(position), epoch, at: Number(at), visibility }
}
