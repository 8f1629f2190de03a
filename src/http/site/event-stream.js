/**
 * Yields the results of a response with server-sent events, until its `complete` event. Throws if it ends without one. Closes
 * the connection when the consumer stops.
 */
export async function* readEvents(response) {
  const decoder = new TextDecoder()
  let text = ''
  // Safari cannot iterate over the body.
  const reader = response.body.getReader()
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      text += decoder.decode(chunk.value, { stream: true })
      const events = text.split('\n\n')
      text = events.pop()
      for (const event of events) {
        if (event.startsWith('event: complete')) return
        const [, data] = /^data: (.*)$/m.exec(event) ?? []
        if (data) yield JSON.parse(data)
      }
    }
  } finally {
    void reader.cancel()
  }
  throw new Error('The server has ended the stream. Run the subscription again.')
}
