import { defineConfig } from 'prisma/config'

// Generating a client needs no engine, but Prisma's command line downloads one unless it is told where one is.
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath

export default defineConfig({ schema: 'prisma/schema.prisma' })
