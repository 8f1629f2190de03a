import { readFileSync } from 'node:fs'
import { slug } from 'github-slugger'
import {
  astFromValue,
  buildSchema,
  type GraphQLArgument,
  type GraphQLEnumValue,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  isUnionType,
  print,
} from 'graphql'

type Field = GraphQLField<unknown, unknown>
type Input = GraphQLArgument | GraphQLInputField

const introduction = `# API reference

Every query, mutation and type of the schema. \`!\` marks a type that is never null; an argument or input field of such a
type without a default is required. \`[ ]\` is a list. \`npm run schema\` generates this page from
[schema.graphql](../schema.graphql).`

/** Prints a schema as Markdown. GitHub and the pages of the server derive the same anchors from its headings. */
export function printApiReference(schema: GraphQLSchema): string {
  const [query, mutation] = [schema.getQueryType(), schema.getMutationType()]
  const types = Object.values(schema.getTypeMap())
    .filter(
      (type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type) && type !== query && type !== mutation,
    )
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en'))
  const printTypes = (title: string, isKind: (type: GraphQLNamedType) => boolean) =>
    section(
      title,
      types.filter(isKind).map((type) => [type.name, paragraphs(type.description, printBody(schema, type))]),
    )
  const sections = [
    printOperations('Queries', query),
    printOperations('Mutations', mutation),
    printTypes('Interfaces', isInterfaceType),
    printTypes('Objects', isObjectType),
    printTypes('Unions', isUnionType),
    printTypes('Inputs', isInputObjectType),
    printTypes('Enums', isEnumType),
    printTypes('Scalars', isScalarType),
  ]
  return `${paragraphs(introduction, ...sections)}\n`
}

type Entry = readonly [name: string, body: string]

function section(title: string, entries: readonly Entry[]): string {
  if (entries.length === 0) return ''
  const links = entries.map(([name]) => `[${name.replace(/^\w+\./, '')}](#${slug(name)})`)
  return paragraphs(`## ${title}`, links.join(' · '), ...entries.map(([name, body]) => paragraphs(`### ${name}`, body)))
}

const printOperations = (title: string, root: GraphQLObjectType | null | undefined): string =>
  section(
    title,
    Object.values(root?.getFields() ?? {}).map((field) => {
      const returns = `Returns ${link(field.type)}`
      return [`${root?.name}.${field.name}`, paragraphs(describe(field), returns, printArguments(field))]
    }),
  )

/** The fields of an input object follow the argument. */
function printArguments({ args }: Field): string {
  const rows = args.flatMap((argument) => {
    const type = getNamedType(argument.type)
    const fields = args.length === 1 && isInputObjectType(type) ? Object.values(type.getFields()) : []
    return [inputRow(argument), ...fields.map((field) => inputRow(field, '↳\u00a0'))]
  })
  return table(['Argument', 'Type', 'Description'], rows)
}

function printBody(schema: GraphQLSchema, type: GraphQLNamedType): string {
  if (isScalarType(type)) return type.specifiedByURL ? `Specified by <${type.specifiedByURL}>.` : ''
  if (isUnionType(type)) return `One of ${type.getTypes().map(link).join(', ')}.`
  if (isEnumType(type)) return table(['Value', 'Description'], type.getValues().map(valueRow))
  const titles = ['Field', 'Type', 'Description']
  if (isInputObjectType(type))
    return table(
      titles,
      Object.values(type.getFields()).map((field) => inputRow(field)),
    )
  const [verb, related] = isInterfaceType(type)
    ? ['Implemented by', schema.getPossibleTypes(type)]
    : ['Implements', type.getInterfaces()]
  const rows = Object.values(type.getFields()).flatMap((field: Field) => [
    [`\`${field.name}\``, link(field.type), describe(field)],
    ...field.args.map((argument) => inputRow(argument, '↳\u00a0')),
  ])
  return paragraphs(related.length > 0 ? `${verb} ${related.map(link).join(', ')}.` : '', table(titles, rows))
}

const valueRow = (value: GraphQLEnumValue) => [`\`${value.name}\``, describe(value)]

function inputRow(input: Input, indentation = ''): readonly string[] {
  const value = astFromValue(input.defaultValue, input.type)
  const description = value ? `${describe(input)} Default: \`${print(value)}\`.` : describe(input)
  return [`${indentation}\`${input.name}\``, link(input.type), description]
}

const describe = ({ description, deprecationReason }: Pick<Input, 'description' | 'deprecationReason'>): string =>
  [deprecationReason && `**Deprecated:** ${deprecationReason}`, description].filter(Boolean).join(' ')

/** A type such as `[Comment!]!`, with a link unless it is part of GraphQL. */
function link(type: GraphQLType): string {
  const named = getNamedType(type)
  return isSpecifiedScalarType(named) ? `\`${type}\`` : `[\`${type}\`](#${slug(named.name)})`
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const cells = rows.map((row) => row.map((cell) => cell.replace(/\s*\n\s*/g, ' ').replaceAll('|', '\\|')))
  return [titles, titles.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

const paragraphs = (...parts: readonly (string | null | undefined)[]): string => parts.filter(Boolean).join('\n\n')

if (import.meta.main) process.stdout.write(printApiReference(buildSchema(readFileSync('schema.graphql', 'utf8'))))
