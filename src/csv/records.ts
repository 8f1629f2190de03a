import type { FileHandle } from 'node:fs/promises'
import { type CsvError, type Parser, parse } from 'csv-parse'
import { formatNumber } from '../errors.ts'
import { isBlank } from '../normal-form.ts'
import { lengthOfUtf8, lengthOfWholeCharacters, mustBeText } from './encoding.ts'

const maxRecordLength = 1_000_000
export const maxColumns = 2000
const chunkBytes = 65_536

export class MalformedCsv extends Error {
  /** Counted from 0, the header. */
  readonly record: number
  /** Counted from 0; null if unknown. */
  readonly column: number | null

  constructor(message: string, record: number, column: number | null) {
    super(message)
    this.record = record
    this.column = column
  }
}

/**
 * Reads records, from the header on, in constant memory. A blank row is a record of blank cells. Throws BAD_USER_INPUT
 * unless the file starts with UTF-8 text, and MalformedCsv after the last valid record. `onRead` receives the number of
 * bytes of each chunk.
 */
export async function* readRecords(
  file: FileHandle,
  onRead: (bytes: number) => void = () => {},
): AsyncGenerator<readonly string[]> {
  const delimiter = await detectDelimiter(file)
  let records: string[][] = []
  let recordCount = 0
  let cellCount = 0
  const parser = parse({
    bom: true,
    delimiter,
    // A file may have line ends of several systems.
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    max_record_size: maxRecordLength,
    cast: (cell, { index }) => {
      cellCount = index + 1
      if (cellCount > maxColumns) throw new MalformedCsv(`has more than ${maxColumns} columns`, recordCount, null)
      return cell
    },
    // The stream would lose the records before an error.
    on_record: (record: string[]) => {
      cellCount = 0
      if (recordCount > 0 || !(isBlankRecord(record) || isSeparatorLine(record))) {
        records.push(record)
        recordCount++
      }
      return null
    },
  })
  parser.on('error', () => {}).resume()
  let rest: Buffer = Buffer.alloc(0)
  let error: MalformedCsv | null = null
  for await (const chunk of readChunks(file)) {
    onRead(chunk.length)
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    const wholeCharacters = bytes.subarray(0, lengthOfWholeCharacters(bytes))
    const validText = wholeCharacters.subarray(0, lengthOfUtf8(wholeCharacters))
    rest = bytes.subarray(wholeCharacters.length)
    const isValid = validText.length === wholeCharacters.length
    // The parser reads two characters ahead, for the line end "\r\n".
    const text = isValid ? validText : Buffer.concat([validText, Buffer.from('\ufffd\ufffd')])
    error = await feed(parser, text, () => [recordCount, cellCount])
    if (!error && !isValid) error = new MalformedCsv('contains bytes that are not UTF-8', recordCount, cellCount)
    yield* records
    records = []
    if (error) throw error
  }
  if (rest.length > 0) error = new MalformedCsv('contains bytes that are not UTF-8', recordCount, cellCount)
  error ??= await feed(parser, null, () => [recordCount, cellCount])
  yield* records
  if (error) throw error
}

export const isBlankRecord = (record: readonly string[]): boolean => record.every(isBlank)

/** The first line of a file for Excel, such as "sep=;". */
const isSeparatorLine = ([cell = '', ...others]: readonly string[]) => /^sep=/i.test(cell) && isBlankRecord(others)

/** A stream would close the file at its end. */
async function* readChunks(file: FileHandle): AsyncGenerator<Buffer, undefined> {
  for (let position = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

/** Writes bytes to a parser, null for the end. Returns the syntax error, if any. */
function feed(parser: Parser, bytes: Buffer | null, position: () => [number, number]): Promise<MalformedCsv | null> {
  return new Promise((resolve) => {
    const onDone = (error?: Error | null) => resolve(error ? toMalformedCsv(error, position()) : null)
    if (bytes) parser.write(bytes, onDone)
    else parser.end(onDone)
  })
}

function toMalformedCsv(error: Error, [record, cellCount]: [number, number]): MalformedCsv {
  if (error instanceof MalformedCsv) return error
  const { code, index: column = cellCount } = error as CsvError & { index?: number }
  const message =
    code === 'CSV_MAX_RECORD_SIZE'
      ? `makes the row exceed the limit of ${formatNumber(maxRecordLength)} characters; an earlier quote may not be closed`
      : code === 'CSV_QUOTE_NOT_CLOSED'
        ? 'has an opening quote that is not closed before the end of the file'
        : 'is not valid CSV: check its quotes and separators'
  return new MalformedCsv(message, record, column)
}

/** Returns the delimiter in a line "sep=", or the most frequent one of the first line that is not blank, except in quotes. */
async function detectDelimiter(file: FileHandle): Promise<string> {
  const sample = (await readChunks(file).next()).value ?? Buffer.alloc(0)
  mustBeText(sample)
  const text = sample.toString().replace(/^\ufeff/, '')
  const [, separator] = /^\s*"?sep=(.)"?[\r\n]/i.exec(text) ?? []
  if (separator) return separator
  const [line = ''] = text
    .trimStart()
    .replaceAll(/"[^"]*"/g, '')
    .split(/[\r\n]/, 1)
  const counts = [',', ';', '\t', '|'].map((delimiter) => ({ delimiter, count: line.split(delimiter).length }))
  return counts.sort((a, b) => b.count - a.count)[0]?.delimiter ?? ','
}
