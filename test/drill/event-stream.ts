interface StreamRequest {
  readonly url: string
  readonly token: string
  readonly query: string
  readonly variables: object
  /** Destroys the connection. */
  readonly signal: AbortSignal
}

/** The results of a subscription by server-sent events. Throws when the connection breaks. */
export async function* readEvents<Result>({
  url,
  token,
  query,
  variables,
  signal,
}: StreamRequest): AsyncGenerator<Result> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({ query, variables }),
    signal,
  })
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    const events = text.split('\n\n')
    text = events.pop() ?? ''
    for (const event of events) {
      const data = /^event: next\ndata: (.*)$/m.exec(event)?.[1]
      if (data !== undefined) yield JSON.parse(data) as Result
    }
  }
}
