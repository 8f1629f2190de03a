import { z } from 'zod'
import { BadUserInput, type FieldError, formatNumber } from './errors.ts'
import {
  isProjectReference,
  isTicketReference,
  isUserReference,
  projectReferenceError,
  ticketReferenceError,
  userReferenceError,
} from './reference.ts'

/** Rules beyond GraphQL types. Absent fields are not checked. */
export type Rules<Input> = { readonly [Field in keyof Input]?: z.ZodType }

/** Returns the input without invalid fields, and all errors. */
export function checkInput<Input extends object>(
  input: Input,
  rules: Rules<Input>,
): { validInput: Input; errors: FieldError[] } {
  const errors: FieldError[] = []
  const validInput = { ...input } as Record<string, unknown>
  for (const [field, rule] of Object.entries(rules as Record<string, z.ZodType>)) {
    if (validInput[field] === undefined) continue
    const result = rule.safeParse(validInput[field])
    if (result.success) validInput[field] = result.data
    else {
      delete validInput[field]
      for (const { path, message } of result.error.issues) errors.push({ path: [field, ...path].join('.'), message })
    }
  }
  return { validInput: validInput as Input, errors }
}

export const notNull = z.unknown().refine((value) => value !== null, 'must not be null')

export const maxTitleLength = 255
export const maxBodyBytes = 65_536

const storableText = z
  .string('must not be null')
  .refine(
    (value) => !value.includes('\0') && value.isWellFormed(),
    'contains an invalid character (NUL or an unpaired surrogate)',
  )

/** Text that PostgreSQL can store, of at most `max` code points. */
export const text = (max: number) =>
  storableText.refine((value) => value.length <= max || codePoints(value) <= max, {
    error: ({ input }) => `must be at most ${max} characters (got ${codePoints(`${input}`)})`,
  })

const codePoints = (value: string) => value.replaceAll(/[\u{10000}-\u{10ffff}]/gu, '_').length

export const bodyText = storableText.refine((value) => Buffer.byteLength(value) <= maxBodyBytes, {
  error: ({ input }) => `must be at most ${maxBodyBytes} bytes (got ${Buffer.byteLength(`${input}`)})`,
})

export const notBlank = (rule: z.ZodString) => rule.refine((value) => value.trim() !== '', 'must not be blank')

/** Trims the text and collapses white space. */
export const nameText = (max: number) => notBlank(text(max)).transform((value) => value.trim().replaceAll(/\s+/g, ' '))

const reference = (isReference: (text: string) => boolean, message: string) =>
  z.string('must not be null').refine(isReference, message)

export const ticketReference = reference(isTicketReference, ticketReferenceError)
export const projectReference = reference(isProjectReference, projectReferenceError)
export const userReference = reference(isUserReference, userReferenceError)
export const id = z.guid('is not a valid id: must be a UUID').toLowerCase()
export const idList = (max: number) => z.array(id, 'must not be null').max(max, atMostItems(max))

export const integerBetween = (min: number, max: number) =>
  z.int().refine((value) => value >= min && value <= max, {
    error: ({ input }) => `must be between ${formatNumber(min)} and ${formatNumber(max)} (got ${input})`,
  })

/** The error of `z.array().max(max)`. */
export const atMostItems = (max: number) => ({
  error: ({ input }: { readonly input?: unknown }) =>
    `must contain at most ${max} items (got ${(input as unknown[]).length})`,
})

/** For arguments outside of an input. Throws BAD_USER_INPUT with all errors. */
export function checkArgument<Value>(path: string, value: Value, rule: z.ZodType): Value {
  const result = rule.safeParse(value)
  if (result.success) return result.data as Value
  throw new BadUserInput(
    result.error.issues.map((issue) => ({ path: [path, ...issue.path].join('.'), message: issue.message })),
  )
}
