import { enumText } from './enum-text.ts'

interface Props<Value extends string> {
  readonly title: string
  readonly values: readonly Value[]
  readonly value: Value
  readonly onChange: (value: Value) => void
}

/** A labelled list of enum values. */
export const EnumSelect = <Value extends string>({ title, values, value, onChange }: Props<Value>) => (
  <label>
    {title}
    <select value={value} onChange={({ target }) => onChange(target.value as Value)}>
      {values.map((choice) => (
        <option key={choice} value={choice}>
          {enumText(choice)}
        </option>
      ))}
    </select>
  </label>
)
