import type { CodegenConfig } from '@graphql-codegen/cli'

/** Types of the variables and the result of each document, without code: Node runs the programs without them. */
const config: CodegenConfig = {
  schema: '../../schema.graphql',
  documents: 'nightly-report.ts',
  generates: { 'generated/operations.ts': { plugins: ['typescript-operations'] } },
  config: {
    enumType: 'string-literal',
    defaultScalarType: 'unknown',
    scalars: { DateTime: 'string', RelativeDateTime: 'string' },
  },
}

export default config
