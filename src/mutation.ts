import type {
  FieldMap,
  InputFieldBuilder,
  InputFieldMap,
  InputShapeFromFields,
  ObjectFieldBuilder,
  ObjectRef,
} from '@pothos/core'
import { builder } from './builder.ts'
import { check, type Rules } from './check.ts'
import type { Context } from './context.ts'
import { BadUserInput, type FieldError, prefixPaths } from './errors.ts'

type Types = typeof builder.$inferSchemaTypes

interface MutationOptions<Fields extends InputFieldMap, Payload extends object> {
  readonly description: string
  readonly input: (t: InputFieldBuilder<Types, 'InputObject'>) => Fields
  /** What the fields must be beyond their types. */
  readonly rules?: Rules<InputShapeFromFields<Fields>>
  /** What the fields must be together. */
  readonly faults?: (input: InputShapeFromFields<Fields>) => readonly FieldError[]
  readonly payload: ((t: ObjectFieldBuilder<Types, Payload>) => FieldMap) | ObjectRef<Types, Payload>
  /** Whether `resolve` finds further faults, and refuses those found so far along with its own. */
  readonly findsFaults?: boolean
  /** Whether callers who have not signed in may use it. */
  readonly open?: boolean
  /** What it costs beside its payload, in points, from its input as it stands in the document: 10 by default. */
  readonly cost?: number | ((input: Readonly<Record<string, unknown>>) => number)
  readonly resolve: (
    input: InputShapeFromFields<Fields>,
    context: Context,
    faults: readonly FieldError[],
  ) => Promise<Payload>
}

/**
 * Adds a mutation that takes one `input`, whose type is named after it. The payload is given by its fields, and its type
 * then named after the mutation too, or as a type that several mutations share.
 */
export function mutation<Fields extends InputFieldMap, Payload extends object>(
  name: string,
  {
    description,
    input,
    rules = {},
    faults = () => [],
    findsFaults = false,
    payload,
    open = false,
    cost = 10,
    resolve,
  }: MutationOptions<Fields, Payload>,
): void {
  const typeName = name.charAt(0).toUpperCase() + name.slice(1)
  const Input = builder.inputType(`${typeName}Input`, { description: `What \`${name}\` takes.`, fields: input })
  const Payload =
    typeof payload === 'function'
      ? builder
          .objectRef<Payload>(`${typeName}Payload`)
          .implement({ description: `What \`${name}\` gives back.`, fields: payload })
      : payload
  builder.mutationField(name, (t) =>
    t.field({
      type: Payload,
      description,
      skipTypeScopes: open,
      extensions: { cost: typeof cost === 'number' ? cost : ({ input: given }) => cost(isObject(given) ? given : {}) },
      args: { input: t.arg({ type: Input, required: true, description: 'What to do.' }) },
      resolve: (_root, args: object, context, info) => {
        if (context.idempotency) context.idempotency.step = `${info.path.key}`
        return answer((args as { input: InputShapeFromFields<Fields> }).input, context) as never
      },
    }),
  )
  async function answer(given: InputShapeFromFields<Fields>, context: Context): Promise<Payload> {
    try {
      const { checked, faults: own } = check(given, rules)
      const all = [...own, ...faults(given)]
      if (all.length > 0 && !findsFaults) throw new BadUserInput(all)
      return await resolve(checked, context, all)
    } catch (error) {
      throw prefixPaths('input', error)
    }
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
