#!/usr/bin/env node
import { existsSync } from 'node:fs'

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(`Snaglist needs Node 24 or newer; this is ${process.versions.node}.`)
  process.exit(1)
}
// The installed package holds built JavaScript, a clone the sources.
const built = new URL('../dist/src/main.js', import.meta.url)
await import(existsSync(built) ? built.href : new URL('../src/main.ts', import.meta.url).href)
