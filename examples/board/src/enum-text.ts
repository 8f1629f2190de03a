/** The text for an enum value: "In progress" for "IN_PROGRESS". */
export function enumText(value: string): string {
  const words = value.toLowerCase().replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
