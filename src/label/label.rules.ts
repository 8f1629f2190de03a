import { nameText } from '../check.ts'

export const labelName = nameText(50)

export const maxLabels = 50
