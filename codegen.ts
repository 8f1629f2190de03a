import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { preset } from '@graphql-codegen/client-preset'
import { codegen } from '@graphql-codegen/core'
import { buildSchema, parse } from 'graphql'

/** Generates types of the documents in the tests, `graphql(\`…\`)`, from the committed schema. */
const output = 'test/generated/'
const sdl = readFileSync('schema.graphql', 'utf8')
const documents = globSync('test/**/*.ts', { exclude: [`${output}**`, 'test/{browser,relay}/**'] })
  .toSorted()
  .flatMap((location) =>
    [...readFileSync(location, 'utf8').matchAll(/\bgraphql\(\s*`([^`]*)`/g)].map(([, rawSDL = '']) => ({
      location,
      rawSDL,
      document: parse(rawSDL),
    })),
  )

const sections = await preset.buildGeneratesSection({
  baseOutputDir: output,
  presetConfig: { fragmentMasking: false },
  schema: parse(sdl),
  schemaAst: buildSchema(sdl),
  documents,
  plugins: [],
  pluginMap: {},
  config: {
    documentMode: 'string',
    enumsAsTypes: true,
    useTypeImports: true,
    emitLegacyCommonJSImports: false,
    importExtension: '.ts',
    defaultScalarType: 'unknown',
    scalars: { DateTime: 'string', RelativeDateTime: 'string', EmailAddress: 'string', HexColor: 'string' },
  },
})
mkdirSync(output, { recursive: true })
for (const section of sections)
  writeFileSync(
    section.filename,
    await codegen({ ...section, emitLegacyCommonJSImports: false, importExtension: '.ts' }),
  )
