import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type GraphQLSchema, validate } from 'graphql'
import { z } from 'zod'
import { reasonOf, StartupError } from '../startup-errors.ts'
import { parseDocument } from './document.ts'
import { measureDocument } from './document-limits.ts'
import { type DocumentManifest, parseHash } from './persisted-documents.ts'

const setting = 'SNAGLIST_DOCUMENTS'

/** `persisted-documents.json` of GraphQL Code Generator, or a manifest of Apollo. */
const manifestFile = z.union([
  z
    .object({ operations: z.array(z.object({ id: z.string(), body: z.string() })) })
    .transform(({ operations }) => Object.fromEntries(operations.map(({ id, body }) => [id, body]))),
  z.record(z.string(), z.string()),
])

/**
 * Reads all JSON files of a directory. The ids are those of the files: GraphQL Code Generator computes them from another
 * format of the text. Throws StartupError with every invalid file and document.
 */
export async function readDocumentManifest(directory: string, schema: GraphQLSchema): Promise<DocumentManifest> {
  const errors: string[] = []
  const documents = new Map<string, string>()
  const names = await readdir(directory).catch((error: unknown) => {
    throw new StartupError(`The directory ${directory} cannot be read: ${reasonOf(error)}.`, `Check ${setting}.`)
  })
  for (const name of names.filter((file) => file.endsWith('.json')).toSorted()) {
    const entries = await readEntries(join(directory, name)).catch((error: unknown) => {
      errors.push(`${name}: ${reasonOf(error)}`)
      return []
    })
    for (const [id, text] of entries) {
      const known = documents.get(parseHash(id))
      if (known !== undefined && known !== text)
        errors.push(`${name}: ${id}: another file has another document with this id`)
      errors.push(...errorsOf(schema, text).map((error) => `${name}: ${id}: ${error}`))
      documents.set(parseHash(id), text)
    }
  }
  if (errors.length > 0)
    throw new StartupError(
      `Invalid documents in ${directory}:\n${errors.map((error) => `  ${error}\n`).join('')}`,
      'Generate them with the schema of this version.',
    )
  if (documents.size === 0)
    throw new StartupError(`The directory ${directory} contains no documents.`, `Check ${setting}.`)
  return documents
}

async function readEntries(path: string): Promise<readonly (readonly [string, string])[]> {
  const result = manifestFile.safeParse(JSON.parse(await readFile(path, 'utf8')))
  if (!result.success) throw new Error('the file is not an object with the text of each document by its id')
  return Object.entries(result.data)
}

function errorsOf(schema: GraphQLSchema, text: string): readonly string[] {
  try {
    const node = parseDocument(text)
    return [...measureDocument(node).errors, ...validate(schema, node)].map(({ message }) => message)
  } catch (error) {
    return [reasonOf(error)]
  }
}
