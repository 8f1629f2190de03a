import { useCallback, useEffect, useRef, useState } from 'react'
import { enumText } from '../enum-text.ts'
import { kinds, priorities, sorts, statuses } from './filters.ts'

type Options = readonly (readonly [value: string, name: string])[]

const optionsOf = (values: readonly string[]): Options => values.map((value) => [value, enumText(value)])

const assignees: Options = [
  ['me', 'Me'],
  ['none', 'Unassigned'],
]

interface Props {
  readonly params: URLSearchParams
  /** Sets a parameter of the URL; an empty value removes it. */
  readonly onChange: (name: string, value: string) => void
  readonly labels: readonly { readonly id: string; readonly name: string }[]
}

export function FilterBar({ params, onChange, labels }: Props) {
  const onSearch = useCallback((value: string) => onChange('q', value), [onChange])
  const select = (title: string, name: string, all: string, options: Options) => (
    <label>
      <span className="caption">{title}</span>
      <select value={params.get(name) ?? ''} onChange={({ target }) => onChange(name, target.value)}>
        <option value="">{all}</option>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
  return (
    <search className="filters">
      <SearchBox search={params.get('q') ?? ''} onChange={onSearch} />
      {select('Kind', 'kind', 'All', optionsOf(kinds))}
      {select('Status', 'status', 'All', [['unresolved', 'Unresolved'], ...optionsOf(statuses)])}
      {select('Priority', 'priority', 'All', optionsOf(priorities))}
      {select('Assignee', 'assignee', 'All', assignees)}
      {select(
        'Label',
        'label',
        'All',
        labels.map(({ name }) => [name, name]),
      )}
      {select(
        'Sort',
        'sort',
        'Default',
        Object.entries(sorts).map(([value, { name }]) => [value, name]),
      )}
    </search>
  )
}

/** Searches while the user types. "/" moves the focus to it. */
function SearchBox({ search, onChange }: { readonly search: string; readonly onChange: (value: string) => void }) {
  const [text, setText] = useState(search)
  const [sentText, setSentText] = useState(search)
  // The URL was changed by a link or by the history of the browser.
  if (search !== sentText) {
    setSentText(search)
    setText(search)
  }
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (text === sentText) return
    const timer = setTimeout(() => {
      setSentText(text)
      onChange(text)
    }, 250)
    return () => clearTimeout(timer)
  }, [text, sentText, onChange])
  useEffect(() => {
    const focusOnSlash = (event: KeyboardEvent) => {
      if (event.key !== '/' || (event.target as HTMLElement).matches('input, textarea, select')) return
      event.preventDefault()
      input.current?.focus()
    }
    document.addEventListener('keydown', focusOnSlash)
    return () => document.removeEventListener('keydown', focusOnSlash)
  }, [])
  return (
    <label className="search-box">
      <span className="caption">Search</span>
      <input
        ref={input}
        type="search"
        value={text}
        placeholder="Press / to search"
        onChange={({ target }) => setText(target.value)}
      />
    </label>
  )
}
