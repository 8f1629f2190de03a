import { startAccount } from './account.js'
import { enableDownloads } from './download.js'

const workers = {
  editorWorkerService: 'editor-worker.js',
  json: 'json-worker.js',
  graphql: 'graphql-worker.js',
}
globalThis.MonacoEnvironment = {
  getWorkerUrl: (_moduleId, label) => new URL(workers[label], import.meta.url).href,
}

const root = document.getElementById('graphiql')
const defaultTabs = JSON.parse(root.dataset.examples).map(({ query, variables }) => ({
  query,
  variables: variables ? JSON.stringify(variables, null, 2) : null,
}))

/** The tab to open: that of a link with a query, or the last one. Otherwise GraphiQL opens an empty tab in addition. */
function initialTab() {
  const parameters = new URLSearchParams(location.search)
  const query = parameters.get('query')
  if (query !== null) {
    history.replaceState(history.state, '', location.pathname)
    return { query, variables: parameters.get('variables'), headers: null }
  }
  const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem('graphiql:tabState')) ?? {}
  return tabs?.[activeTabIndex] ?? defaultTabs[0]
}

const session = await startAccount()
enableDownloads(session)

const isSubscription = (document, name) =>
  document?.definitions.some(
    (definition) => definition.operation === 'subscription' && (!name || definition.name?.value === name),
  )

async function render() {
  await import('./graphiql-bundle.js')
  const { query, variables, headers } = initialTab()
  globalThis.YogaGraphiQL.renderYogaGraphiQL(root, {
    defaultTabs,
    initialQuery: query ?? '',
    initialVariables: variables ?? '',
    initialHeaders: headers ?? '',
    // Yoga would write the query into the address.
    onEditQuery: () => {},
    fetcher: ({ query, variables, operationName }, { headers, documentAST } = {}) => {
      const operation = { query, variables, operationName }
      return isSubscription(documentAST, operationName)
        ? session.subscribe(operation, headers)
        : session.run(operation, headers)
    },
  })
}

// With restricted introspection, GraphiQL could not load the schema.
const canRender = () => document.documentElement.dataset.introspection === 'open' || Boolean(session.viewer)
if (canRender()) await render()
else {
  session.addEventListener('change', function onChange() {
    if (!canRender()) return
    session.removeEventListener('change', onChange)
    void render()
  })
  if (session.viewer === null) {
    root.firstElementChild.textContent = 'Sign in to use GraphiQL.'
    session.require('Sign in to use GraphiQL.')
  }
}
