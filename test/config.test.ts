import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readConfig, variableNames } from '../src/config.ts'

const example = readFileSync(new URL('../.env.example', import.meta.url), 'utf8')
const lines = [...example.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value] as const)

test('.env.example lists every setting with its default', () => {
  expect(lines.map(([name]) => name).toSorted()).toEqual(variableNames.toSorted())
  expect(readConfig(Object.fromEntries(lines))).toEqual(readConfig({}))
})

test('provides a default for every setting', () => {
  expect(readConfig({})).toEqual({
    production: false,
    host: '127.0.0.1',
    port: 4000,
    databaseUrl: null,
    dataDirectory: '.snaglist',
    demo: true,
    signUp: 'first',
    poolSize: 10,
    listenUrl: null,
    preparedStatements: null,
    bcryptCost: 12,
    compilation: true,
    corsOrigins: 'localhost',
    documentsDirectory: null,
    documentsOnly: false,
    trustedProxies: [],
    introspection: 'open',
    costLimit: 25_000,
    ratePoints: 200_000,
    rateRequests: 6000,
    rateStore: 'memory',
    changesDays: 30,
    secret: null,
    webhookHosts: [],
    metricsPort: null,
    metricsToken: null,
    tracing: false,
    logLevel: 'info',
  })
})

test('enables the demo by default only on a loopback address', () => {
  expect(readConfig({ HOST: '0.0.0.0' }).demo).toBe(false)
  expect(readConfig({ HOST: '0.0.0.0', SNAGLIST_DEMO: '1' }).demo).toBe(true)
  expect(readConfig({ SNAGLIST_DEMO: '0' }).demo).toBe(false)
})

test('converts values and freezes the configuration', () => {
  const config = readConfig({
    PORT: '0',
    SNAGLIST_CORS_ORIGINS: 'https://a.example, http://localhost:3000',
    DATABASE_URL: 'postgres://u:p@db/x',
  })
  expect(config).toMatchObject({
    port: 0,
    corsOrigins: ['https://a.example', 'http://localhost:3000'],
    databaseUrl: 'postgres://u:p@db/x',
  })
  expect(() => Object.assign(config, { port: 1 })).toThrow()
})

test('reports all errors together, without values that may contain a password', () => {
  const invalid = {
    PORT: '70000',
    DATABASE_URL: 'mysql://root:hunter2@db',
    SNAGLIST_SIGN_UP: 'sometimes',
    SNAGLIST_BCRYPT_COST: '3',
    SNAGLIST_POOLSIZE: '4',
    SNAGLIST_CORS_ORIGINS: 'https://a.example/path',
    NODE_ENV: 'prod',
    SNAGLIST_SECRET: 'short-secret',
    SNAGLIST_WEBHOOK_HOSTS: 'mes.example.com, http://mes',
  }
  let message = ''
  try {
    readConfig(invalid)
  } catch (error) {
    message = (error as Error).message
  }
  for (const name of Object.keys(invalid)) expect(message).toContain(name)
  for (const secret of ['hunter2', 'short-secret']) expect(message).not.toContain(secret)
})
