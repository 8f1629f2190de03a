import { z } from 'zod'
import { BadUserInput, type FieldError, formatNumber } from './errors.ts'
import { hasLongRunOfMarks, isBlank, maxShrinkage, toNormalForm } from './normal-form.ts'
import {
  isId,
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

/** A text that PostgreSQL can store, in normal form, which decides its size. */
function storableText(max: number, unit: string, sizeOf: (value: string) => number) {
  const sizeError = {
    error: ({ input }: { readonly input?: unknown }) => `must be at most ${max} ${unit} (got ${sizeOf(`${input}`)})`,
  }
  return z
    .string('must not be null')
    .refine((value) => !value.includes('\0') && value.isWellFormed(), {
      error: 'contains an invalid character (NUL or an unpaired surrogate)',
      abort: true,
    })
    .refine((value) => sizeOf(value) <= maxShrinkage * max, { ...sizeError, abort: true })
    .refine((value) => !hasLongRunOfMarks(value), {
      error: 'contains more than 100 combining marks in a row',
      abort: true,
    })
    .normalize('NFC')
    .refine((value) => sizeOf(value) <= max, sizeError)
}

/** Text of at most `max` code points. */
export const text = (max: number) => storableText(max, 'characters', codePoints)

const codePoints = (value: string) => value.replaceAll(/[\u{10000}-\u{10ffff}]/gu, '_').length

export const bodyText = storableText(maxBodyBytes, 'bytes', Buffer.byteLength)

export const notBlank = (rule: z.ZodString) => rule.refine((value) => !isBlank(value), 'must not be blank')

/** For arguments that search names. */
export const searchText = text(200).nullish()

/** Trims the text and collapses white space. */
export const nameText = (max: number) => notBlank(text(max)).transform((value) => value.trim().replaceAll(/\s+/g, ' '))

const reference = (isReference: (text: string) => boolean, message: string) =>
  z.string('must not be null').overwrite(toNormalForm).refine(isReference, message)

export const ticketReference = reference(isTicketReference, ticketReferenceError)
export const projectReference = reference(isProjectReference, projectReferenceError)
export const userReference = reference(isUserReference, userReferenceError)
export const id = z.guid('is not a valid id: must be a UUID').toLowerCase()
/** Ids, or names of labels. */
export const labelReferences = (max: number) =>
  z
    .array(
      nameText(50).transform((value) => (isId(value) ? value.toLowerCase() : value)),
      'must not be null',
    )
    .max(max, atMostItems(max))

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
