import { readEvents } from './event-stream.js'
import { encodeOperation } from './operation.js'

const viewerFields = '{ id username name role }'

/** Removes the token of a link from the address bar and returns it, or null. Browsers do not send the fragment. */
export function takeLinkToken({ location, history }) {
  const [, token = null] = /^#token=(snag_[\w-]+)$/.exec(location.hash) ?? []
  if (token !== null) history.replaceState(history.state, '', location.pathname + location.search)
  return token
}

/**
 * The session of all tabs of a browser. The token is in `storage`, not in a cookie: only these pages can send it.
 * Dispatches `change` after another user or none is signed in, and `required` with a message if a request needs a
 * session.
 */
export class Session extends EventTarget {
  static storageKey = 'snaglist:token'

  /** The signed-in user, null without one, or undefined while the server has not confirmed the token. */
  viewer

  #storage
  #fetch

  constructor({ storage, fetch }) {
    super()
    this.#storage = storage
    this.#fetch = fetch
  }

  get token() {
    return this.#storage.getItem(Session.storageKey)
  }

  /** Loads the user of the stored token, which may be that of another tab. Removes an invalid token. */
  async load() {
    const { token } = this
    try {
      const viewer = token === null ? null : await this.#viewerOf(token)
      if (token !== this.token) return
      // A visitor of a new server has the token of another one, such as the demo on the same port, and must sign up.
      if (token !== null && viewer === null) this.#end(token, { isExpected: await this.isSignUpOpen() })
      else this.#setViewer(viewer)
    } catch {
      this.#setViewer(undefined)
    }
  }

  /**
   * Signs in with the token of a link. Calls `confirm` with the current and the new user before it replaces the session
   * of another user: the link may come from an attacker, who would see what the visitor does.
   */
  async openLink(token, confirm) {
    const viewer = await this.#viewerOf(token).catch(() => null)
    if (viewer === null) {
      if (this.viewer === null) this.require('The session of this link has ended. Sign in.')
    } else if (this.viewer?.id !== viewer.id && (this.viewer === null || (await confirm(this.viewer, viewer))))
      this.#begin(token, viewer)
  }

  /** True while visitors can create accounts. */
  async isSignUpOpen() {
    const response = await this.#request({ query: '{ server { signUp } }' }).catch(() => null)
    return Boolean(response?.result.data?.server.signUp)
  }

  /** Returns errors, or null after the user has been signed in. */
  signIn(input) {
    return this.#open('signIn', 'SignInInput', input)
  }

  /** Returns errors, or null after the account has been created and signed in. */
  signUp(input) {
    return this.#open('signUp', 'SignUpInput', input)
  }

  /** Revokes the token on the server, then removes it. Throws if the server cannot be reached. */
  async signOut() {
    const { token } = this
    const { status, result } = await this.#request({ query: 'mutation { signOut { signedOut } }' }, { token })
    if (status !== 401 && !result.data) throw new Error(result.errors[0].message)
    this.#storage.removeItem(Session.storageKey)
    this.#setViewer(null)
  }

  /** Runs an operation of the visitor, with the token unless the headers contain another one. Returns the result. */
  async run(operation, headers = {}) {
    const isOwn = !Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')
    const token = isOwn ? this.token : null
    const { status, result } = await this.#request(operation, { token, headers })
    const isUnauthenticated = result.errors?.some(({ extensions }) => extensions?.code === 'UNAUTHENTICATED')
    if (token !== null && status === 401) this.#end(token)
    else if (isOwn && token === null && isUnauthenticated) this.require('Sign in to run this operation.')
    return result
  }

  /** Yields the results of a subscription of the visitor. */
  async *subscribe(operation, headers = {}) {
    const response = await this.#send(operation, {
      token: this.token,
      headers: { ...headers, accept: 'text/event-stream' },
    })
    if (response.headers.get('content-type') === 'text/event-stream') yield* readEvents(response)
    else yield response.json()
  }

  require(message) {
    this.dispatchEvent(new CustomEvent('required', { detail: message }))
  }

  async #open(field, inputType, input) {
    const query = `mutation ($input: ${inputType}!) { ${field}(input: $input) { token viewer ${viewerFields} } }`
    const { result } = await this.#request({ query, variables: { input } })
    if (!result.data) return result.errors
    const { token, viewer } = result.data[field]
    this.#begin(token, viewer)
    return null
  }

  async #viewerOf(token) {
    const { status, result } = await this.#request({ query: `{ viewer ${viewerFields} }` }, { token })
    if (status === 401) return null
    if (!result.data) throw new Error(result.errors[0].message)
    return result.data.viewer
  }

  async #request(operation, options) {
    const response = await this.#send(operation, options)
    return { status: response.status, result: await response.json() }
  }

  #send(operation, { token = null, headers = {} } = {}) {
    const { body, headers: contentHeaders } = encodeOperation(operation)
    return this.#fetch('/graphql', {
      method: 'POST',
      headers: {
        accept: 'application/json',
        ...contentHeaders,
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body,
    })
  }

  #begin(token, viewer) {
    this.#storage.setItem(Session.storageKey, token)
    this.#setViewer(viewer)
  }

  /** Another tab may have signed in meanwhile. */
  #end(token, { isExpected = false } = {}) {
    if (this.token === token) this.#storage.removeItem(Session.storageKey)
    this.#setViewer(null)
    if (!isExpected) this.require('Your session has ended. Sign in again.')
  }

  #setViewer(viewer) {
    this.viewer = viewer
    this.dispatchEvent(new Event('change'))
  }
}
