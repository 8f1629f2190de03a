import { existsSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { run } from './command/run.ts'

// By default, V8 lets the heap grow to several times the live objects before it collects garbage.
setFlagsFromString('--heap-growing-percent=100')

if (existsSync('.env')) process.loadEnvFile('.env')
process.exitCode = await run(process.argv.slice(2), process)
// A database that could not be opened or has crashed must not keep the process alive.
setTimeout(() => process.exit(), 1000).unref()
