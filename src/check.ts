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

/** The longest title, in characters, and the longest description or comment, in bytes. */
export const maxTitleLength = 200
const maxBodyLength = 65_536

const storable = z
  .string('must not be null')
  .refine((value) => !value.includes('\0') && value.isWellFormed(), 'holds a character that no text has')

/** Text that the database can hold, of at most so many characters (code points). */
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

/** Text with something in it. */
export const filled = (rule: z.ZodString) => rule.refine((value) => value.trim() !== '', 'must not be blank')

/** A name: without space around it, inner spaces collapsed. */
export const nameText = (max: number) => filled(text(max)).transform((value) => value.trim().replaceAll(/\s+/g, ' '))

const reference = (fits: (text: string) => boolean, message: string) =>
  z.string('must not be null').refine(fits, message)

export const ticketReference = reference(isTicketReference, 'is neither the id of a ticket nor a key such as CORE-42')
export const projectReference = reference(isProjectReference, 'is neither the id of a project nor a key such as CORE')
export const userReference = reference(isUserReference, 'is neither the id of a user nor a username')
export const id = z.guid('is no id').toLowerCase()
export const idList = (max: number) => z.array(id, 'must not be null').max(max, `may list at most ${max}`)

/** The value of an argument outside of an input, with its rule applied; BAD_USER_INPUT names its faults. */
export function checkArgument<Value>(path: string, value: Value, rule: z.ZodType): Value {
  const result = rule.safeParse(value)
  if (result.success) return result.data as Value
  throw new BadUserInput(
    result.error.issues.map((issue) => ({ path: [path, ...issue.path].join('.'), message: issue.message })),
  )
}
