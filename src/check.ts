import { z } from 'zod'
import { BadUserInput, type FieldError, formatNumber } from './errors.ts'
import { isProjectReference, isTicketReference, isUserReference } from './reference.ts'

/** Rules for the fields of an input beyond their GraphQL types. Absent fields are not checked. */
export type Rules<Input> = { readonly [Field in keyof Input]?: z.ZodType }

/** Applies rules to an input. Returns the input without invalid fields, and all errors. */
export function check<Input extends object>(
  input: Input,
  rules: Rules<Input>,
): { checked: Input; errors: FieldError[] } {
  const errors: FieldError[] = []
  const checked = { ...input } as Record<string, unknown>
  for (const [field, rule] of Object.entries(rules as Record<string, z.ZodType>)) {
    if (checked[field] === undefined) continue
    const result = rule.safeParse(checked[field])
    if (result.success) checked[field] = result.data
    else {
      delete checked[field]
      for (const { path, message } of result.error.issues) errors.push({ path: [field, ...path].join('.'), message })
    }
  }
  return { checked: checked as Input, errors }
}

/** A field that may be absent, but not null. */
export const notNull = z.unknown().refine((value) => value !== null, 'must not be null')

/** The longest title, in characters, and the longest description or comment, in bytes. */
export const maxTitleLength = 200
const maxBodyLength = 65_536

const storable = z
  .string('must not be null')
  .refine((value) => !value.includes('\0') && value.isWellFormed(), 'holds a character that no text has')

/** Text that PostgreSQL can store, of at most `max` code points. */
export const text = (max: number) =>
  storable.refine(
    (value) => value.length <= max || (value.length <= 2 * max && [...value].length <= max),
    `must have at most ${max} characters`,
  )

/** Markdown of at most 64 KiB. */
export const bodyText = storable.refine(
  (value) => Buffer.byteLength(value) <= maxBodyLength,
  'must have at most 64 KiB',
)

/** Text that is not blank. */
export const filled = (rule: z.ZodString) => rule.refine((value) => value.trim() !== '', 'must not be blank')

/** A name, which is trimmed, with single spaces. */
export const nameText = (max: number) => filled(text(max)).transform((value) => value.trim().replaceAll(/\s+/g, ' '))

const reference = (isReference: (text: string) => boolean, message: string) =>
  z.string('must not be null').refine(isReference, message)

export const ticketReference = reference(isTicketReference, 'is neither the id of a ticket nor a key such as CORE-42')
export const projectReference = reference(isProjectReference, 'is neither the id of a project nor a key such as CORE')
export const userReference = reference(isUserReference, 'is neither the id of a user nor a username')
export const id = z.guid('is no id').toLowerCase()
export const idList = (max: number) => z.array(id, 'must not be null').max(max, `may list at most ${max}`)

export const integerBetween = (min: number, max: number) =>
  z.int().refine((value) => value >= min && value <= max, {
    error: ({ input }) => `must be between ${formatNumber(min)} and ${formatNumber(max)} (got ${input})`,
  })

/** Applies a rule to an argument outside of an input. Throws BAD_USER_INPUT with all errors. */
export function checkArgument<Value>(path: string, value: Value, rule: z.ZodType): Value {
  const result = rule.safeParse(value)
  if (result.success) return result.data as Value
  throw new BadUserInput(
    result.error.issues.map((issue) => ({ path: [path, ...issue.path].join('.'), message: issue.message })),
  )
}
