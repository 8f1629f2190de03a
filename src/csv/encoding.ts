import { isUtf8 } from 'node:buffer'
import { BadUserInput } from '../errors.ts'

const signatures: readonly (readonly [format: string, bytes: readonly number[], remedy: string])[] = [
  ['a ZIP archive', [0x50, 0x4b, 0x03, 0x04], 'extract it first; for a spreadsheet, save a sheet as CSV'],
  ['compressed with gzip', [0x1f, 0x8b], 'decompress it first'],
  ['in UTF-16', [0xff, 0xfe], 'save it as UTF-8'],
  ['in UTF-16', [0xfe, 0xff], 'save it as UTF-8'],
]

/** Throws BAD_USER_INPUT unless the first bytes of a file are UTF-8 text. */
export function mustBeText(sample: Buffer): void {
  const reject = (message: string) => {
    throw new BadUserInput([{ path: 'file', message }])
  }
  if (sample.length === 0) reject('is empty')
  for (const [format, bytes, remedy] of signatures)
    if (bytes.every((byte, index) => sample[index] === byte)) reject(`is ${format}: ${remedy}`)
  // In UTF-16, half of the bytes of most European languages are zero.
  const zeros = sample.reduce((sum, byte) => sum + (byte === 0 ? 1 : 0), 0)
  if (zeros > sample.length / 4) reject('is in UTF-16, or is not text: save it as CSV in UTF-8')
  if (zeros > sample.length / 10) reject('is not CSV: it contains binary data')
  const start = sample.subarray(0, lengthOfWholeCharacters(sample))
  if (lengthOfUtf8(start) < Math.min(4, start.length)) reject('is not UTF-8 text: save it as CSV in UTF-8')
}

/** Number of bytes without an incomplete character at the end. */
export function lengthOfWholeCharacters(bytes: Buffer): number {
  for (let distance = 1; distance <= Math.min(3, bytes.length); distance++) {
    const byte = bytes[bytes.length - distance] as number
    if (byte < 0x80) break
    if (byte >= 0xc0)
      return distance < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? bytes.length - distance : bytes.length
  }
  return bytes.length
}

export function lengthOfUtf8(bytes: Buffer): number {
  if (isUtf8(bytes)) return bytes.length
  let validLength = 0
  let invalidLength = bytes.length
  while (invalidLength - validLength > 1) {
    const middle = (validLength + invalidLength) >> 1
    const start = bytes.subarray(0, middle)
    if (isUtf8(start.subarray(0, lengthOfWholeCharacters(start)))) validLength = middle
    else invalidLength = middle
  }
  return lengthOfWholeCharacters(bytes.subarray(0, validLength))
}
