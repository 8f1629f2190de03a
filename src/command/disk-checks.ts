import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, resolve } from 'node:path'
import type { Config } from '../config.ts'
import { reasonOf } from '../startup-errors.ts'
import type { Finding } from './finding.ts'

const minFreeGigabytes = 1

export const checkDisks = (config: Config): Finding[] => [
  ...directoriesOf(config).map(([subject, directory]) => checkSpace(subject, directory)),
  checkTemporaryDirectory(),
]

const directoriesOf = ({ databaseUrl, dataDirectory }: Config): [string, string][] => [
  ...(databaseUrl === null
    ? [['Disk space for the embedded database', resolve(dataDirectory)] as [string, string]]
    : []),
  ['Disk space for uploaded files', tmpdir()],
]

function checkSpace(subject: string, directory: string): Finding {
  let existingDirectory = directory
  while (!existsSync(existingDirectory)) existingDirectory = dirname(existingDirectory)
  const { bavail, bsize } = statfsSync(existingDirectory)
  const gigabytes = (bavail * bsize) / 1e9
  return {
    subject,
    result: `${gigabytes.toFixed(1)} GB free in ${directory}`,
    remedy: gigabytes < minFreeGigabytes ? `Free at least ${minFreeGigabytes} GB of disk space.` : undefined,
  }
}

function checkTemporaryDirectory(): Finding {
  const subject = 'Directory for uploaded files'
  try {
    accessSync(tmpdir(), constants.W_OK | constants.X_OK)
    return { subject, result: `${tmpdir()} is writable` }
  } catch (error) {
    const remedy = 'Make the directory writable for this user, or set TMPDIR to another directory.'
    return { subject, result: reasonOf(error), remedy }
  }
}
