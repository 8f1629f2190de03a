import { maxShrinkage, toNormalForm } from '../normal-form.ts'

/** The limit of bcrypt, which ignores further bytes. */
export const maxPasswordBytes = 72

/** The form that is hashed: that of the profile OpaqueString of RFC 8265. */
export const toPasswordForm = (password: string): string => toNormalForm(password.replaceAll(/\p{Zs}/gu, ' '))

/**
 * The passwords that an input can have been hashed as, one or two: its form, and the input itself, as in hashes of
 * earlier versions. None has more than `maxPasswordBytes`.
 */
export function passwordCandidates(input: string): readonly string[] {
  const isNormalizable = Buffer.byteLength(input) <= maxShrinkage * maxPasswordBytes
  const candidates = isNormalizable ? new Set([toPasswordForm(input), input]) : []
  return [...candidates].filter((password) => Buffer.byteLength(password) <= maxPasswordBytes)
}
