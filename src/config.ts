import proxyAddr from 'proxy-addr'
import { z } from 'zod'
import { ConfigError } from './cannot-start.ts'

/** What the environment decides. Frozen: nothing changes it once the server runs. */
export type Config = Readonly<z.infer<typeof variables>> & {
  /** Whether requests are traced: where any of OpenTelemetry's own variables says how. */
  readonly tracing: boolean
}

const integer = (from: number, to: number) =>
  z.string().regex(/^\d+$/, 'must be a whole number').transform(Number).pipe(z.number().min(from).max(to))
const flag = z.enum(['0', '1']).transform((value) => value === '1')
const isLoopback = (host: string) => host === 'localhost' || host === '::1' || host.startsWith('127.')

const origin = z.string().refine((value) => URL.canParse(value) && new URL(value).origin === value, {
  error: ({ input }) => `"${input}" is no origin such as https://app.example.com`,
})

const list = z.string().transform((text) => text.split(',').map((item) => item.trim()))
const proxy = z.string().refine(isProxy, {
  error: ({ input }) => `"${input}" is no address or subnet such as 10.0.0.0/8`,
})

function isProxy(value: string): boolean {
  try {
    return proxyAddr.compile([value]) !== null
  } catch {
    return false
  }
}

/** Every variable with its default; `.env.example` lists the same. */
const variables = z
  .object({
    NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
    HOST: z.string().default('127.0.0.1'),
    PORT: integer(0, 65535).default(4000),
    DATABASE_URL: z
      .url({ protocol: /^postgres(ql)?$/, error: 'must be a URL such as postgresql://user@host/database' })
      .optional(),
    SNAGLIST_DATA: z.string().default('.snaglist'),
    SNAGLIST_DEMO: flag.optional(),
    SNAGLIST_SIGN_UP: z.enum(['first', 'open', 'closed']).default('first'),
    SNAGLIST_POOL_SIZE: integer(1, 1000).default(10),
    SNAGLIST_PREPARE: flag.default(true),
    SNAGLIST_COMPILE: flag.default(true),
    SNAGLIST_BCRYPT_COST: integer(4, 15).default(12),
    SNAGLIST_CORS_ORIGINS: list.pipe(z.array(origin)).optional(),
    SNAGLIST_TRUSTED_PROXIES: list.pipe(z.array(proxy)).optional(),
    SNAGLIST_INTROSPECTION: z.enum(['open', 'signed-in']).optional(),
    SNAGLIST_COST_LIMIT: integer(1, 1_000_000_000).default(25_000),
    SNAGLIST_RATE_POINTS: integer(0, 1_000_000_000).default(100_000),
    SNAGLIST_RATE_REQUESTS: integer(0, 1_000_000_000).default(6000),
    SNAGLIST_RATE_STORE: z.enum(['memory', 'database']).default('memory'),
    SNAGLIST_METRICS_PORT: integer(0, 65535).optional(),
    SNAGLIST_METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
    SNAGLIST_LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
  })
  .transform((env) => ({
    production: env.NODE_ENV === 'production',
    host: env.HOST,
    port: env.PORT,
    databaseUrl: env.DATABASE_URL ?? null,
    dataDirectory: env.SNAGLIST_DATA,
    /** Whether an empty embedded database gets the demo: its people's passwords are known, so by default on loopback alone. */
    demo: env.SNAGLIST_DEMO ?? isLoopback(env.HOST),
    signUp: env.SNAGLIST_SIGN_UP,
    poolSize: env.SNAGLIST_POOL_SIZE,
    /** Whether PostgreSQL keeps statements that come again prepared. */
    preparing: env.SNAGLIST_PREPARE,
    /** Compiles queries that come again. */
    compilation: env.SNAGLIST_COMPILE,
    bcryptCost: env.SNAGLIST_BCRYPT_COST,
    /** Origins whose pages may call the API from a browser. */
    corsOrigins: env.SNAGLIST_CORS_ORIGINS ?? [],
    /** Proxies that are believed which address a request comes from. */
    trustedProxies: env.SNAGLIST_TRUSTED_PROXIES ?? [],
    /** Who may ask about the schema, and gets GraphiQL. */
    introspection: env.SNAGLIST_INTROSPECTION ?? (env.NODE_ENV === 'production' ? 'signed-in' : 'open'),
    /** What an operation may cost at most, in points. */
    costLimit: env.SNAGLIST_COST_LIMIT,
    /** Points that a user may spend in a minute; 0 for any number. */
    ratePoints: env.SNAGLIST_RATE_POINTS,
    /** Requests that an address may make in a minute; 0 for any number. */
    rateRequests: env.SNAGLIST_RATE_REQUESTS,
    /** Where these are counted: by each server, or by all together. */
    rateStore: env.SNAGLIST_RATE_STORE,
    /** Where figures are shown: on a port of their own, or at /metrics to who has the token. */
    metricsPort: env.SNAGLIST_METRICS_PORT ?? null,
    metricsToken: env.SNAGLIST_METRICS_TOKEN ?? null,
    logLevel: env.SNAGLIST_LOG_LEVEL,
  }))

/** The names of all variables that are read. */
export const variableNames = Object.keys(variables.in.shape)

/** The environment as a Config. Empty values count as not set. Throws one error that lists every fault. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  )
  const unknown = Object.keys(given).filter((name) => name.startsWith('SNAGLIST_') && !variableNames.includes(name))
  const result = variables.safeParse(given)
  const faults = [
    ...unknown.map((name) => `${name} is no setting`),
    ...(result.error?.issues ?? []).map(({ path, message }) => `${String(path[0])}: ${message}`),
  ]
  if (!result.success || faults.length > 0) throw new ConfigError(faults)
  const tracing = given['OTEL_SDK_DISABLED'] !== 'true' && Object.keys(given).some((name) => name.startsWith('OTEL_'))
  return Object.freeze({ ...result.data, tracing })
}
