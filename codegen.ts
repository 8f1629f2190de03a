import type { CodegenConfig } from '@graphql-codegen/cli'

/** Types for the documents in the tests, from the committed schema. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: ['test/**/*.ts', '!test/generated/**'],
  generates: {
    'test/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string',
        enumsAsTypes: true,
        useTypeImports: true,
        emitLegacyCommonJSImports: false,
        importExtension: '.ts',
        defaultScalarType: 'unknown',
        scalars: { DateTime: 'string', RelativeDateTime: 'string', EmailAddress: 'string', HexColor: 'string' },
      },
    },
  },
}

export default config
