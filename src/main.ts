import { existsSync } from 'node:fs'
import { run } from './command/run.ts'
import { limitHeap } from './heap.ts'

limitHeap()
if (existsSync('.env')) process.loadEnvFile('.env')
process.exitCode = await run(process.argv.slice(2), process)
// A database that could not be opened or has crashed must not keep the process alive.
setTimeout(() => process.exit(), 1000).unref()
