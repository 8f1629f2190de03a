import { existsSync } from 'node:fs'
import { run } from './command/run.ts'

if (existsSync('.env')) process.loadEnvFile('.env')
process.exitCode = await run(process.argv.slice(2), process)
