/** Normalization replaces at most so many code points by one, and fewer bytes by one. */
export const maxShrinkage = 4

/** Normalization takes quadratic time in the length of such a run. */
const longRun = /(?<!\p{M})\p{M}{101}/u

export const hasLongRunOfMarks = (text: string): boolean => longRun.test(text)

/**
 * Unicode NFC, in which equal texts have equal code points. Rules reject a text with more than 100 combining marks in
 * a row, which is returned as it is.
 */
export const toNormalForm = (text: string): string => (hasLongRunOfMarks(text) ? text : text.normalize('NFC'))

// Marks, fillers of Hangul and variation selectors are visible only after other characters.
const invisibleText = /^[\s\p{Z}\p{M}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}]*$/u

/** True for a text without a visible character. */
export const isBlank = (text: string): boolean => invisibleText.test(text)

/** Replaces NUL and unpaired surrogates, which PostgreSQL cannot store. */
export const toStorableText = (text: string): string => text.toWellFormed().replaceAll('\0', '\u{fffd}')
