#!/usr/bin/env node
// The installed package holds built JavaScript, a clone the sources.
import { existsSync } from 'node:fs'

const built = new URL('../dist/src/main.js', import.meta.url)
await import(existsSync(built) ? built.href : new URL('../src/main.ts', import.meta.url).href)
