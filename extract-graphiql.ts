import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { css, editorWorkerService, graphqlWorker, js, jsonWorker } from '@graphql-yoga/render-graphiql/graphiql'

// A program that extracts the scripts and styles of GraphiQL from its package, which has them as texts.
const directory = join(import.meta.dirname, 'src/http/site/generated')

/** Adds the history, which the package contains, to the plugins. */
function addHistory(script: string): string {
  const [, history] = /const (\w+)=\{title:"History",/.exec(script) ?? []
  const plugins = /(?<=shouldPersistHeaders:!0,plugins:\[)\w+(?=\],)/
  if (history === undefined || !plugins.test(script)) throw new Error('The package contains another GraphiQL.')
  return script.replace(plugins, (explorer) => `${explorer},${history}`)
}

const files = {
  'graphiql-bundle.js': addHistory(js),
  'graphiql-bundle.css': css,
  'editor-worker.js': editorWorkerService,
  'json-worker.js': jsonWorker,
  'graphql-worker.js': graphqlWorker,
}
mkdirSync(directory, { recursive: true })
for (const [name, text] of Object.entries(files)) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 }
  writeFileSync(join(directory, `${name}.br`), brotliCompressSync(text, { params }))
}
