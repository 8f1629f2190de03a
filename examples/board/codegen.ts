import type { CodegenConfig } from '@graphql-codegen/cli'

const config: CodegenConfig = {
  schema: '../../schema.graphql',
  documents: 'src/**/*.{ts,tsx}',
  generates: {
    'src/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        enumsAsTypes: true,
        useTypeImports: true,
        defaultScalarType: 'unknown',
        scalars: { DateTime: 'string', HexColor: 'string', Upload: 'File' },
      },
    },
    'src/generated/enums.ts': { plugins: ['typescript'], config: { onlyEnums: true, enumsAsTypes: true } },
    // Nullable fields and types of tickets, for graphcache.
    'src/generated/introspection.ts': { plugins: ['urql-introspection'], config: { useTypeImports: true } },
  },
}

export default config
