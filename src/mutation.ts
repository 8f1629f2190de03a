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

type Types = typeof builder.$inferSchemaTypes

interface MutationOptions<Fields extends InputFieldMap, Payload extends object> {
  readonly description: string
  readonly input: (t: InputFieldBuilder<Types, 'InputObject'>) => Fields
  /** What the fields must be beyond their types. */
  readonly rules?: Rules<InputShapeFromFields<Fields>>
  readonly payload: ((t: ObjectFieldBuilder<Types, Payload>) => FieldMap) | ObjectRef<Types, Payload>
  /** Whether callers who have not signed in may use it. */
  readonly open?: boolean
  readonly resolve: (input: InputShapeFromFields<Fields>, context: Context) => Promise<Payload>
}

/**
 * Adds a mutation that takes one `input`, whose type is named after it. The payload is given by its fields, and its type
 * then named after the mutation too, or as a type that several mutations share.
 */
export function mutation<Fields extends InputFieldMap, Payload extends object>(
  name: string,
  { description, input, rules = {}, payload, open = false, resolve }: MutationOptions<Fields, Payload>,
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
      args: { input: t.arg({ type: Input, required: true, description: 'What to do.' }) },
      resolve: (_root, args: object, context) => {
        const given = (args as { input: InputShapeFromFields<Fields> }).input
        return resolve(check(given, rules), context) as never
      },
    }),
  )
}
