import { Environment, type FetchFunction, Network, RecordSource, Store } from 'relay-runtime'

/** Creates an environment that sends its requests to the URL, with the token if it is not null. */
export function createEnvironment(url: string, token: string | null): Environment {
  const send: FetchFunction = async ({ text }, variables) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token !== null && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query: text, variables }),
    })
    return response.json()
  }
  return new Environment({ network: Network.create(send), store: new Store(new RecordSource()) })
}
