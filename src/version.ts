import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'

const file = findPackageJSON('..', import.meta.url)
if (!file) throw new Error('package.json was not found.')

/** The version of the package, such as "1.2.0". */
export const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }
