/**
 * Returns the headers and the body of a request. A variable of type Upload, a text or its lines, becomes a file: the editor
 * of variables can only contain JSON.
 */
export function encodeOperation({ query, variables, operationName }) {
  const uploads = [...query.matchAll(/\$(\w+)\s*:\s*Upload\b/g)]
    .map(([, name]) => name)
    .filter((name) => variables?.[name])
  if (uploads.length === 0)
    return {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables, operationName }),
    }
  const nulls = Object.fromEntries(uploads.map((name) => [name, null]))
  const paths = Object.fromEntries(uploads.map((name, index) => [index, [`variables.${name}`]]))
  const form = new FormData()
  form.set('operations', JSON.stringify({ query, variables: { ...variables, ...nulls }, operationName }))
  form.set('map', JSON.stringify(paths))
  for (const [index, name] of uploads.entries())
    form.set(String(index), new Blob([[variables[name]].flat().join('\n')]), `${name}.csv`)
  return { headers: {}, body: form }
}
