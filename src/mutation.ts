import type {
  FieldMap,
  InputFieldBuilder,
  InputFieldMap,
  InputShapeFromFields,
  ObjectFieldBuilder,
  ObjectRef,
} from '@pothos/core'
import type { GraphQLSchema } from 'graphql'
import { builder } from './builder.ts'
import { checkInput, type Rules } from './check.ts'
import type { Context } from './context.ts'
import type { DatabaseSize } from './database/size.ts'
import { BadUserInput, type FieldError, prefixPaths } from './errors.ts'
import { startStep } from './idempotency/idempotency.ts'

type Types = typeof builder.$inferSchemaTypes

interface MutationOptions<Fields extends InputFieldMap, Payload extends object> {
  readonly description: string
  /** Describes the input type and the argument `input`. */
  readonly inputDescription: string
  /** Describes the payload type, if `payload` is a function. */
  readonly payloadDescription?: string
  readonly input: (t: InputFieldBuilder<Types, 'InputObject'>) => Fields
  readonly rules?: Rules<InputShapeFromFields<Fields>>
  /** Rules for combinations of fields. */
  readonly validate?: (input: InputShapeFromFields<Fields>) => readonly FieldError[]
  readonly payload: ((t: ObjectFieldBuilder<Types, Payload>) => FieldMap) | ObjectRef<Types, Payload>
  /** Passes the errors to `resolve`, which throws them together with its own. */
  readonly collectsErrors?: boolean
  readonly allowsAnonymous?: boolean
  /** Points without the payload, from the input before coercion. Defaults to 10. */
  readonly work?: number | ((input: Readonly<Record<string, unknown>>, size: DatabaseSize) => number)
  /** For an input with files: throws errors that do not depend on their contents, before they are received. */
  readonly checkBeforeUpload?: (input: InputShapeFromFields<Fields>, context: Context) => Promise<void>
  readonly resolve: (
    input: InputShapeFromFields<Fields>,
    context: Context,
    errors: readonly FieldError[],
    schema: GraphQLSchema,
  ) => Promise<Payload>
}

/**
 * Adds a mutation with one argument `input`. Names its types after the mutation, except a payload type that is
 * passed.
 */
export function mutation<Fields extends InputFieldMap, Payload extends object>(
  name: string,
  {
    description,
    inputDescription,
    payloadDescription = '',
    input: inputFields,
    rules = {},
    validate = () => [],
    collectsErrors = false,
    payload,
    allowsAnonymous = false,
    work = 10,
    checkBeforeUpload,
    resolve,
  }: MutationOptions<Fields, Payload>,
): void {
  const typeName = name.charAt(0).toUpperCase() + name.slice(1)
  const Input = builder.inputType(`${typeName}Input`, { description: inputDescription, fields: inputFields })
  const Payload =
    typeof payload === 'function'
      ? builder.objectRef<Payload>(`${typeName}Payload`).implement({ description: payloadDescription, fields: payload })
      : payload
  builder.mutationField(name, (t) =>
    t.field({
      type: Payload,
      description,
      skipTypeScopes: allowsAnonymous,
      extensions: {
        allowsAnonymous,
        work: typeof work === 'number' ? work : ({ args: { input } }, size) => work(isObject(input) ? input : {}, size),
        ...(checkBeforeUpload && {
          checkBeforeUpload: (args: object, context: object) =>
            withValidInput(args, (input) => checkBeforeUpload(input, context as Context)),
        }),
      },
      args: { input: t.arg({ type: Input, required: true, description: inputDescription }) },
      resolve: (_root, args: object, context, info) => {
        if (context.idempotency) startStep(context.idempotency, `${info.path.key}`)
        return withValidInput(args, (input, errors) => resolve(input, context, errors, info.schema)) as never
      },
    }),
  )
  async function withValidInput<Result>(
    args: object,
    action: (input: InputShapeFromFields<Fields>, errors: readonly FieldError[]) => Promise<Result>,
  ): Promise<Result> {
    const { input } = args as { input: InputShapeFromFields<Fields> }
    try {
      const { validInput, errors: fieldErrors } = checkInput(input, rules)
      const errors = [...fieldErrors, ...validate(input)]
      if (errors.length > 0 && !collectsErrors) throw new BadUserInput(errors)
      return await action(validInput, errors)
    } catch (error) {
      throw prefixPaths('input', error)
    }
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
