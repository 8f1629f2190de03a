import { z } from 'zod'
import { nameText, text } from '../check.ts'
import { usernamePattern } from '../reference.ts'
import { maxPasswordBytes, toPasswordForm } from './password.rules.ts'

export const userRules = {
  username: text(32)
    .regex(
      usernamePattern,
      'must be 2 to 32 letters, digits, dots, dashes or underscores, beginning with a letter or digit',
    )
    .transform((username) => username.toLowerCase()),
  name: nameText(100),
  password: text(maxPasswordBytes)
    .overwrite(toPasswordForm)
    .min(8, 'must be at least 8 characters')
    .refine((password) => Buffer.byteLength(password) <= maxPasswordBytes, `must be at most ${maxPasswordBytes} bytes`),
  email: z
    .email('is not a valid e-mail address')
    .max(254, { error: ({ input }) => `must be at most 254 characters (got ${`${input}`.length})` })
    .nullable(),
} as const
