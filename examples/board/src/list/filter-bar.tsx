import { useEffect, useRef } from 'react'
import { EnumSelect } from '../enum-select.tsx'
import { enumText } from '../enum-text.ts'
import { kinds, priorities, sorts, statuses } from './filters.ts'

interface Props {
  readonly params: URLSearchParams
  /** Sets a parameter of the URL; an empty value removes it. */
  readonly onChange: (name: string, value: string) => void
  /** Names of the labels of the project. */
  readonly labels: readonly string[]
}

export function FilterBar({ params, onChange, labels }: Props) {
  const select = (title: string, name: string, values: readonly string[], textOf = enumText, empty = 'All') => (
    <EnumSelect
      title={title}
      values={['', ...values]}
      value={params.get(name) ?? ''}
      textOf={(value) => (value === '' ? empty : textOf(value))}
      onChange={(value) => onChange(name, value)}
    />
  )
  return (
    <search className="filters">
      <SearchBox search={params.get('q') ?? ''} onChange={(value) => onChange('q', value)} />
      {select('Kind', 'kind', kinds)}
      {select('Status', 'status', ['unresolved', ...statuses])}
      {select('Priority', 'priority', priorities)}
      {select('Assignee', 'assignee', ['me', 'unassigned'])}
      {select('Label', 'label', labels, String)}
      {select('Sort', 'sort', Object.keys(sorts), enumText, 'Default')}
    </search>
  )
}

/** Searches while the user types. "/" moves the focus to it. */
function SearchBox({ search, onChange }: { readonly search: string; readonly onChange: (value: string) => void }) {
  const input = useRef<HTMLInputElement>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  useEffect(() => {
    // The URL was changed by a link or by the history of the browser.
    if (input.current && input.current !== document.activeElement) input.current.value = search
  }, [search])
  useEffect(() => {
    const focusOnSlash = (event: KeyboardEvent) => {
      if (event.key !== '/' || (event.target as HTMLElement).matches('input, textarea, select')) return
      event.preventDefault()
      input.current?.focus()
    }
    document.addEventListener('keydown', focusOnSlash)
    return () => document.removeEventListener('keydown', focusOnSlash)
  }, [])
  const schedule = (value: string) => {
    clearTimeout(timer.current)
    timer.current = setTimeout(onChange, 250, value)
  }
  return (
    <label className="search-box">
      Search
      <input
        ref={input}
        type="search"
        placeholder="Press / to search"
        onChange={(event) => schedule(event.target.value)}
      />
    </label>
  )
}
