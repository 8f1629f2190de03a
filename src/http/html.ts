/** Browsers ask for a newer version before they use the file. */
export const revalidated: Readonly<Record<string, string>> = { 'cache-control': 'no-cache' }

/** Protects a page: it runs only scripts from files, loads nothing from other hosts, and cannot be framed. */
export const pageHeaders = (styles = "'self'"): Readonly<Record<string, string>> => ({
  ...revalidated,
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    `style-src ${styles}`,
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
})
