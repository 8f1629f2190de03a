import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { GraphQLEnumType } from 'graphql'
import { expect, test } from 'vitest'
import { schema } from '../src/schema.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
/** The log has it, but no client receives it. */
const loggedOnly = ['CLIENT_CLOSED_REQUEST']

const errorCode = schema.getType('ErrorCode')
const codes = errorCode instanceof GraphQLEnumType ? errorCode.getValues().map(({ name }) => name) : []

test('ErrorCode contains the codes of all errors in the code, and no others', () => {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  const usedCodes = files.flatMap((file) =>
    [...read(`src/${file}`).matchAll(/\bcode: '([A-Z_]{3,})'|'(GRAPHQL_[A-Z_]+)'/g)].map(
      ([, code, documentCode]) => code ?? documentCode,
    ),
  )
  expect(new Set(usedCodes).difference(new Set(loggedOnly))).toEqual(new Set(codes))
})

test('docs/errors.md describes the codes of ErrorCode, and no others', () => {
  const [table = ''] = /\| code \|[\s\S]*?\n\n/.exec(read('docs/errors.md')) ?? []
  const documented = [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = '']) =>
    Array.from(cell.matchAll(/`([A-Z_]+)`/g), ([, code]) => code),
  )
  expect(documented.toSorted()).toEqual(codes.toSorted())
})
