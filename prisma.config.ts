import { defineConfig } from 'prisma/config'

// `prisma generate` needs no engine, but downloads one unless this variable is set.
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath

export default defineConfig({ schema: 'prisma/schema.prisma' })
