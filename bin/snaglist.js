#!/usr/bin/env node
import { existsSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(`Snaglist needs Node 24 or newer; this is ${process.versions.node}.`)
  process.exit(1)
}
// Later starts take a third less of the processor. Not in the folder for all users' temporary files, where others could write.
module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/snaglist', import.meta.url)))
// A clone has the sources; the installed package has them built.
const source = new URL('../src/main.ts', import.meta.url)
await import(existsSync(source) ? source.href : new URL('../dist/src/main.js', import.meta.url).href)
