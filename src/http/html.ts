import { randomBytes } from 'node:crypto'

const policy = (nonce: string) =>
  [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    "style-src 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    'worker-src blob: data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

/** A page as an answer: its scripts run by their nonce alone, it loads from no other host, and stands in no frame. */
export function htmlResponse(page: string, status = 200): { readonly body: string; readonly init: ResponseInit } {
  const nonce = randomBytes(16).toString('base64')
  return {
    // Of scripts that stand on lines of their own: what stands inside of one is its text.
    body: page.replaceAll('<script>\n', () => `<script nonce="${nonce}">\n`),
    init: {
      status,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': policy(nonce),
        'cross-origin-opener-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
        // A nonce is for one answer.
        'cache-control': 'no-store',
      },
    },
  }
}
