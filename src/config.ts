import proxyAddr from 'proxy-addr'
import { z } from 'zod'
import { type PermittedHost, parsePermittedHost } from './outbound/targets.ts'
import { ConfigError } from './startup-errors.ts'

export type Config = Readonly<z.infer<typeof variables>> & {
  /** True if a variable of OpenTelemetry (OTEL_*) is set and OTEL_SDK_DISABLED is not true. */
  readonly tracing: boolean
}

const integer = (min: number, max: number) =>
  z
    .string()
    .refine((text) => /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max, {
      error: ({ input }) => `must be an integer from ${min} to ${max} (got "${input}")`,
    })
    .transform(Number)
const oneOf = <Value extends string>(...values: readonly Value[]) =>
  z.enum(values, { error: ({ input }) => `must be one of ${values.join(', ')} (got "${input}")` })
const flag = oneOf('0', '1').transform((value) => value === '1')
/** True if a server on this host accepts connections from its own machine only. */
export const isLoopback = (host: string) => host === 'localhost' || host === '::1' || host.startsWith('127.')

const origin = z.string().refine((value) => URL.canParse(value) && new URL(value).origin === value, {
  error: ({ input }) => `must be origins such as https://app.example.com, separated by commas (got "${input}")`,
})

const list = z.string().transform((text) => text.split(',').map((item) => item.trim()))
const proxy = z.string().refine(isProxy, {
  error: ({ input }) => `must be addresses or subnets such as 10.0.0.0/8, separated by commas (got "${input}")`,
})

function isProxy(value: string): boolean {
  try {
    return proxyAddr.compile([value]) !== null
  } catch {
    return false
  }
}

const permittedHost = z.string().transform((text, { addIssue }): PermittedHost => {
  const host = parsePermittedHost(text)
  if (host) return host
  addIssue(
    `must be hosts such as mes.example.com or mes.example.com:8080, or networks such as 10.0.0.0/8, separated by commas (got "${text}")`,
  )
  return z.NEVER
})

const secret = z.string().min(32, 'must be at least 32 characters, such as the output of `openssl rand -base64 32`')

const databaseUrl = z.url({
  protocol: /^postgres(ql)?$/,
  error: 'must be a URL such as postgresql://user@host/database',
})

/** Every variable with its default; `.env.example` lists the same. */
const variables = z
  .object({
    NODE_ENV: oneOf('development', 'production', 'test').default('development'),
    HOST: z.string().default('127.0.0.1'),
    PORT: integer(0, 65535).default(4000),
    DATABASE_URL: databaseUrl.optional(),
    SNAGLIST_DATA: z.string().default('.snaglist'),
    SNAGLIST_DEMO: flag.optional(),
    SNAGLIST_SIGN_UP: oneOf('first', 'open', 'closed').default('first'),
    SNAGLIST_POOL_SIZE: integer(1, 1000).default(10),
    SNAGLIST_LISTEN_URL: databaseUrl.optional(),
    SNAGLIST_PREPARE: flag.optional(),
    SNAGLIST_COMPILE: flag.default(true),
    SNAGLIST_BCRYPT_COST: integer(4, 15).default(12),
    SNAGLIST_CORS_ORIGINS: z.union([z.literal('localhost'), list.pipe(z.array(origin))]).optional(),
    SNAGLIST_TRUSTED_PROXIES: list.pipe(z.array(proxy)).optional(),
    SNAGLIST_DOCUMENTS: z.string().optional(),
    SNAGLIST_DOCUMENTS_ONLY: flag.default(false),
    SNAGLIST_INTROSPECTION: oneOf('open', 'signed-in').optional(),
    SNAGLIST_COST_LIMIT: integer(1, 1_000_000_000).default(25_000),
    SNAGLIST_RATE_POINTS: integer(0, 1_000_000_000).default(200_000),
    SNAGLIST_RATE_REQUESTS: integer(0, 1_000_000_000).default(6000),
    SNAGLIST_RATE_STORE: oneOf('memory', 'database').default('memory'),
    SNAGLIST_CHANGES_DAYS: integer(1, 3650).default(30),
    SNAGLIST_SECRET: secret.optional(),
    SNAGLIST_WEBHOOK_HOSTS: list.pipe(z.array(permittedHost)).optional(),
    SNAGLIST_METRICS_PORT: integer(0, 65535).optional(),
    SNAGLIST_METRICS_TOKEN: z.string().min(16, 'must be at least 16 characters').optional(),
    SNAGLIST_LOG_LEVEL: oneOf('silent', 'error', 'warn', 'info', 'debug').default('info'),
  })
  .transform((env) => ({
    production: env.NODE_ENV === 'production',
    host: env.HOST,
    port: env.PORT,
    databaseUrl: env.DATABASE_URL ?? null,
    dataDirectory: env.SNAGLIST_DATA,
    /** Fills an empty embedded database with the demo. Its passwords are public, hence by default only on loopback. */
    demo: env.SNAGLIST_DEMO ?? isLoopback(env.HOST),
    signUp: env.SNAGLIST_SIGN_UP,
    poolSize: env.SNAGLIST_POOL_SIZE,
    /** A direct connection for LISTEN, if databaseUrl is that of a pooler. */
    listenUrl: env.SNAGLIST_LISTEN_URL ?? null,
    /** Null uses prepared statements unless a pooler does not support them. */
    preparedStatements: env.SNAGLIST_PREPARE ?? null,
    compilation: env.SNAGLIST_COMPILE,
    bcryptCost: env.SNAGLIST_BCRYPT_COST,
    /** Origins whose pages may send requests; `localhost` means any port of this machine. */
    corsOrigins: env.SNAGLIST_CORS_ORIGINS ?? (env.NODE_ENV === 'development' ? ('localhost' as const) : []),
    /** Proxies whose X-Forwarded-For header is trusted. */
    trustedProxies: env.SNAGLIST_TRUSTED_PROXIES ?? [],
    /** Access to introspection and the schema file. */
    introspection: env.SNAGLIST_INTROSPECTION ?? (env.NODE_ENV === 'production' ? 'signed-in' : 'open'),
    /** Directory of the documents that clients identify by hash. */
    documentsDirectory: env.SNAGLIST_DOCUMENTS ?? null,
    documentsOnly: env.SNAGLIST_DOCUMENTS_ONLY,
    costLimit: env.SNAGLIST_COST_LIMIT,
    /** Points per user and minute; 0 for no limit. */
    ratePoints: env.SNAGLIST_RATE_POINTS,
    /** Requests per minute of a user, or of an address without a token; 0 for no limit. */
    rateRequests: env.SNAGLIST_RATE_REQUESTS,
    rateStore: env.SNAGLIST_RATE_STORE,
    /** Days for which the feed stores changes. */
    changesDays: env.SNAGLIST_CHANGES_DAYS,
    /** Encrypts the secrets of webhooks. */
    secret: env.SNAGLIST_SECRET ?? null,
    /** Hosts that are not public and that webhooks may send to, also by http. */
    webhookHosts: env.SNAGLIST_WEBHOOK_HOSTS ?? [],
    /** Serves metrics on a port of its own; with the token at /metrics. */
    metricsPort: env.SNAGLIST_METRICS_PORT ?? null,
    metricsToken: env.SNAGLIST_METRICS_TOKEN ?? null,
    logLevel: env.SNAGLIST_LOG_LEVEL,
  }))

export const variableNames = Object.keys(variables.in.shape)

/** Reads the environment, in which empty values count as not set. Throws one ConfigError with all errors. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const settings = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  )
  const names = Object.keys(settings)
  const unknownNames = names.filter((name) => name.startsWith('SNAGLIST_') && !variableNames.includes(name))
  const result = variables.safeParse(settings)
  const errors = [
    ...unknownNames.map((name) => `${name} is not a setting: .env.example lists all settings`),
    ...(settings['SNAGLIST_DOCUMENTS_ONLY'] === '1' && !settings['SNAGLIST_DOCUMENTS']
      ? ['SNAGLIST_DOCUMENTS_ONLY requires SNAGLIST_DOCUMENTS, the directory of the documents']
      : []),
    ...(result.error?.issues ?? []).map(({ path, message }) => `${String(path[0])} ${message}`),
  ]
  if (!result.success || errors.length > 0) throw new ConfigError(errors)
  const tracing = settings['OTEL_SDK_DISABLED'] !== 'true' && names.some((name) => name.startsWith('OTEL_'))
  return Object.freeze({ ...result.data, tracing })
}
