import { enumText } from './enum-text.ts'

interface Props<Value extends string> {
  readonly title: string
  readonly values: readonly Value[]
  readonly value: Value
  readonly textOf?: (value: Value) => string
  readonly disabled?: boolean
  readonly onChange: (value: Value) => void
}

/** A labelled list of enum values. */
export const EnumSelect = <Value extends string>(props: Props<Value>) => {
  const { title, values, value, textOf = enumText, disabled, onChange } = props
  return (
    <label>
      {title}
      <select value={value} disabled={disabled} onChange={({ target }) => onChange(target.value as Value)}>
        {values.map((choice) => (
          <option key={choice} value={choice}>
            {textOf(choice)}
          </option>
        ))}
      </select>
    </label>
  )
}
