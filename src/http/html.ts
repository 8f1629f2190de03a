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

/** Protects a page: only its scripts run (nonce), it loads nothing from other hosts and cannot be framed. */
export function htmlResponse(page: string, status = 200): { readonly body: string; readonly init: ResponseInit } {
  const nonce = randomBytes(16).toString('base64')
  return {
    // Only tags at the end of a line: others are part of the text of a script.
    body: page.replaceAll('<script>\n', () => `<script nonce="${nonce}">\n`),
    init: {
      status,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': policy(nonce),
        'cross-origin-opener-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
        'cache-control': 'no-store',
      },
    },
  }
}
