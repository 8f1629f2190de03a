import { z } from 'zod'
import { BadUserInput, type FieldError } from './errors.ts'
import { isProjectReference, isTicketReference, isUserReference } from './reference.ts'

/** What an input's fields must be beyond their GraphQL types. A field that is left out is not checked. */
export type Rules<Input> = { readonly [Field in keyof Input]?: z.ZodType }

/** The input with its rules applied, and every fault of it; what is faulty is left out of the input. */
export function check<Input extends object>(
  input: Input,
  rules: Rules<Input>,
): { checked: Input; faults: FieldError[] } {
  const faults: FieldError[] = []
  const checked = { ...input } as Record<string, unknown>
  for (const [field, rule] of Object.entries(rules as Record<string, z.ZodType>)) {
    if (checked[field] === undefined) continue
    const result = rule.safeParse(checked[field])
    if (result.success) checked[field] = result.data
    else {
      delete checked[field]
      for (const { path, message } of result.error.issues) faults.push({ path: [field, ...path].join('.'), message })
    }
  }
  return { checked: checked as Input, faults }
}

/** What may be left out but not cleared. */
export const notNull = z.unknown().refine((value) => value !== null, 'must not be null')

/** Text that the database can hold, of at most so many characters. */
export const text = (max: number) =>
  z
    .string('must not be null')
    .max(max, `must have at most ${max} characters`)
    .refine((value) => !value.includes('\0') && value.isWellFormed(), 'holds a character that no text has')

/** Text with something in it. */
export const filledText = (max: number) => text(max).refine((value) => value.trim() !== '', 'must not be blank')

/** A name: without space around it, inner spaces collapsed. */
export const nameText = (max: number) => filledText(max).transform((value) => value.trim().replaceAll(/\s+/g, ' '))

const reference = (fits: (text: string) => boolean, message: string) =>
  z.string('must not be null').refine(fits, message)

export const ticketReference = reference(isTicketReference, 'is neither the id of a ticket nor a key such as CORE-42')
export const projectReference = reference(isProjectReference, 'is neither the id of a project nor a key such as CORE')
export const userReference = reference(isUserReference, 'is neither the id of a user nor a username')
export const id = z.guid('is no id').toLowerCase()
export const idList = (max: number) => z.array(id.toLowerCase(), 'must not be null').max(max, `may list at most ${max}`)

/** Throws BAD_USER_INPUT unless an argument outside of an input holds what it must. */
export function checkArgument<Value>(path: string, value: Value, rule: z.ZodType): Value {
  const result = rule.safeParse(value)
  if (result.success) return value
  throw new BadUserInput(
    result.error.issues.map((issue) => ({ path: [path, ...issue.path].join('.'), message: issue.message })),
  )
}
