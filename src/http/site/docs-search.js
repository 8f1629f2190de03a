import { excerptOf, findSections } from './docs-index.js'

const byId = (id) => document.getElementById(id)

/** Starts the search field. `load` returns the sections of all pages; it is called at the first use. */
export function startSearch({ load }) {
  const input = byId('search')
  const results = byId('results')
  const status = byId('search-status')
  let loading
  let selected = -1

  const select = (index) => {
    const options = [...results.children]
    selected = options.length === 0 ? -1 : (index + options.length) % options.length
    for (const [position, option] of options.entries())
      option.setAttribute('aria-selected', String(position === selected))
    if (selected < 0) return input.removeAttribute('aria-activedescendant')
    input.setAttribute('aria-activedescendant', options[selected].id)
    options[selected].scrollIntoView({ block: 'nearest' })
  }
  const close = () => {
    results.hidden = true
    input.setAttribute('aria-expanded', 'false')
    input.removeAttribute('aria-activedescendant')
  }
  const show = async () => {
    loading ??= load().catch(() => {
      loading = undefined
      return null
    })
    const sections = await loading
    const query = input.value.trim()
    if (query === '') return close()
    const found = sections === null ? [] : findSections(sections, query)
    const message = sections === null ? 'The server does not respond.' : `No results for “${query}”`
    results.replaceChildren(...found.map((section, index) => createOption(section, query, index)))
    results.dataset.message = found.length === 0 ? message : ''
    status.textContent = found.length === 0 ? message : `${found.length} results`
    results.hidden = false
    input.setAttribute('aria-expanded', 'true')
    select(0)
  }

  const keys = {
    ArrowDown: () => select(selected + 1),
    ArrowUp: () => select(selected - 1),
    Enter: () => results.children[selected]?.click(),
    Escape: close,
  }
  input.addEventListener('input', show)
  input.addEventListener('focus', show)
  input.addEventListener('keydown', (event) => {
    if (results.hidden || !Object.hasOwn(keys, event.key)) return
    event.preventDefault()
    keys[event.key]()
  })
  // A link to the current page does not reload it.
  results.addEventListener('click', close)
  document.addEventListener('pointerdown', ({ target }) => target.closest('search') === null && close())
  document.addEventListener('keydown', (event) => {
    const isTyping = event.target.closest('input, textarea, select, dialog') !== null
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    input.focus()
    input.select()
  })
}

function createOption({ url, page, heading, text }, query, index) {
  const option = document.createElement('a')
  Object.assign(option, { className: 'result', id: `result-${index}`, href: url, role: 'option', tabIndex: -1 })
  const title = document.createElement('strong')
  title.append(...highlight(excerptOf(heading, query)))
  const source = document.createElement('span')
  source.textContent = page === heading ? '' : page
  const excerpt = document.createElement('p')
  excerpt.append(...highlight(excerptOf(text, query)))
  option.append(title, source, excerpt)
  return option
}

/** Marks every second piece. */
const highlight = (pieces) =>
  pieces.map((piece, index) => {
    if (index % 2 === 0) return piece
    const mark = document.createElement('mark')
    mark.textContent = piece
    return mark
  })
