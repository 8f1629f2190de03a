import { isUtf8 } from 'node:buffer'
import type { FileHandle } from 'node:fs/promises'
import { type CsvError, type Parser, parse } from 'csv-parse'
import { BadUserInput } from '../errors.ts'

const mostRecordBytes = 1_000_000
const mostColumns = 500
const chunkBytes = 65_536

/** Where a file cannot be read on: the record, counted from 0, and the column in it, where they are known. */
export class BrokenFile extends Error {
  readonly record: number
  readonly column: number | null

  constructor(message: string, record: number, column: number | null) {
    super(message)
    this.record = record
    this.column = column
  }
}

/**
 * The records of an open CSV file, header included, separated by commas, semicolons or tabs. Reads in constant memory. Throws
 * BAD_USER_INPUT for what is no CSV in UTF-8 at all, and BrokenFile, after all records before it, for what cannot be
 * read on. `read` is told how many bytes were read.
 */
export async function* readRecords(
  file: FileHandle,
  read: (bytes: number) => void = () => {},
): AsyncGenerator<readonly string[]> {
  const delimiter = await findDelimiter(file)
  let records: string[][] = []
  let count = 0
  // How many cells of the record that is being read are complete.
  let cells = 0
  const parser = parse({
    bom: true,
    delimiter,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: mostRecordBytes,
    cast: (cell, at) => {
      cells = at.index + 1
      if (cells > mostColumns) throw new BrokenFile(`has more than ${mostColumns} columns`, count, null)
      return cell
    },
    // Taken here, records before a fault are not lost with the stream.
    on_record: (record: string[]) => {
      records.push(record)
      count++
      cells = 0
      return null
    },
  })
  parser.on('error', () => {}).resume()
  let rest: Buffer = Buffer.alloc(0)
  let fault: BrokenFile | null = null
  for await (const chunk of chunksOf(file)) {
    read(chunk.length)
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    const whole = bytes.subarray(0, wholeCharacters(bytes))
    const good = isUtf8(whole) ? whole : whole.subarray(0, validLength(whole))
    rest = bytes.subarray(whole.length)
    fault = await sent(parser, good, () => [count, cells])
    if (!fault && good !== whole) fault = new BrokenFile('is not in UTF-8 here', count, cells)
    yield* records
    records = []
    if (fault) throw fault
  }
  if (rest.length > 0) fault = new BrokenFile('is not in UTF-8 here', count, cells)
  fault ??= await sent(parser, null, () => [count, cells])
  yield* records
  if (fault) throw fault
}

/** A file from its start, which a stream would close in the end. */
async function* chunksOf(file: FileHandle): AsyncGenerator<Buffer, undefined> {
  for (let position = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

/** Gives a parser what comes next, null for the end, and returns what it finds wrong with it. */
function sent(parser: Parser, bytes: Buffer | null, place: () => [number, number]): Promise<BrokenFile | null> {
  return new Promise((resolve) => {
    const done = (error?: Error | null) => resolve(error ? brokenBy(error, place()) : null)
    if (bytes) parser.write(bytes, done)
    else parser.end(done)
  })
}

function brokenBy(error: Error, [record, cells]: [number, number]): BrokenFile {
  if (error instanceof BrokenFile) return error
  const { code, index: column = cells } = error as CsvError & { index?: number }
  const message =
    code === 'CSV_MAX_RECORD_SIZE'
      ? `makes the row longer than ${mostRecordBytes} characters; perhaps a quote before it was not closed`
      : code === 'CSV_QUOTE_NOT_CLOSED'
        ? 'begins with a quote that is not closed before the end of the file'
        : 'is no CSV'
  return new BrokenFile(message, record, column)
}

/** Which sign separates cells: that of three which comes most often in the first line, outside of quotes. */
async function findDelimiter(file: FileHandle): Promise<string> {
  const sample = (await chunksOf(file).next()).value ?? Buffer.alloc(0)
  mustBeText(sample)
  const [line = ''] = sample
    .toString()
    .replaceAll(/"[^"]*"/g, '')
    .split(/[\r\n]/, 1)
  const counts = [',', ';', '\t'].map((sign) => ({ sign, count: line.split(sign).length }))
  return counts.sort((a, b) => b.count - a.count)[0]?.sign ?? ','
}

const signatures: readonly (readonly [name: string, bytes: readonly number[], remedy: string])[] = [
  ['a zip archive', [0x50, 0x4b, 0x03, 0x04], 'unpack it first; of a spreadsheet, save a sheet as CSV'],
  ['compressed by gzip', [0x1f, 0x8b], 'unpack it first'],
  ['in UTF-16', [0xff, 0xfe], 'save it as UTF-8'],
  ['in UTF-16', [0xfe, 0xff], 'save it as UTF-8'],
]

function mustBeText(sample: Buffer): void {
  const refuse = (message: string) => {
    throw new BadUserInput([{ path: 'file', message }])
  }
  if (sample.length === 0) refuse('is empty')
  for (const [name, bytes, remedy] of signatures)
    if (bytes.every((byte, index) => sample[index] === byte)) refuse(`is ${name}: ${remedy}`)
  // Half of the bytes of UTF-16 are zeros in most languages of Europe.
  const zeros = sample.reduce((sum, byte) => sum + (byte === 0 ? 1 : 0), 0)
  if (zeros > sample.length / 4) refuse('is in UTF-16 or no text at all: save it as UTF-8')
  if (zeros > sample.length / 10) refuse('is no CSV: it holds bytes that no text has')
  const start = sample.subarray(0, wholeCharacters(sample))
  if (!isUtf8(start) && validLength(start) < 4) refuse('is no text in UTF-8')
}

/** How many bytes stand before a character that is cut off at the end. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number
    if (byte < 0x80) break
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? bytes.length - back : bytes.length
  }
  return bytes.length
}

/** How many bytes at the start are UTF-8, by halving. */
function validLength(bytes: Buffer): number {
  let good = 0
  let bad = bytes.length
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    const start = bytes.subarray(0, middle)
    if (isUtf8(start.subarray(0, wholeCharacters(start)))) good = middle
    else bad = middle
  }
  return wholeCharacters(bytes.subarray(0, good))
}
