#!/usr/bin/env node
import { existsSync } from 'node:fs'

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(`Snaglist needs Node 24 or newer; this is ${process.versions.node}.`)
  process.exit(1)
}
// A clone has the sources; the installed package has them built.
const source = new URL('../src/main.ts', import.meta.url)
await import(existsSync(source) ? source.href : new URL('../dist/src/main.js', import.meta.url).href)
