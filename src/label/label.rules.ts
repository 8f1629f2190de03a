import { nameText } from '../check.ts'

/** Rule for the name of a label. */
export const labelName = nameText(50)

/** Highest number of labels in one input. */
export const maxLabels = 50
