/** A number with its noun: "1 ticket", "3 tickets". */
export const countText = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`
