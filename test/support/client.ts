import type { App } from '../../src/app.ts'
import type { TypedDocumentString } from '../generated/graphql.ts'

export interface ResponseError {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly extensions?: {
    readonly code?: string
    readonly requestId?: string
    readonly fieldErrors?: readonly { readonly path: string; readonly message: string }[]
    readonly [name: string]: unknown
  }
}

export interface ApiResponse<Data> {
  readonly status: number
  readonly headers: Headers
  readonly data?: Data | null
  readonly errors?: readonly ResponseError[]
  readonly extensions?: {
    readonly cost?: { readonly requested: number; readonly spent: number; readonly limit: number }
  }
}

type Variables<Input> = [Input] extends [Record<string, never>] ? [] : [variables: Input]

export class Client {
  readonly app: App
  readonly token: string | null

  constructor(app: App, token: string | null) {
    this.app = app
    this.token = token
  }

  send<Data, Input>(
    document: TypedDocumentString<Data, Input>,
    ...[variables]: Variables<NoInfer<Input>>
  ): Promise<ApiResponse<Data>> {
    return this.post({ query: document.toString(), variables })
  }

  /** Returns the data. Any error fails the test. */
  async ask<Data, Input>(
    document: TypedDocumentString<Data, Input>,
    ...variables: Variables<NoInfer<Input>>
  ): Promise<Data> {
    const { data, errors } = await this.send(document, ...variables)
    if (errors || !data) throw new Error(`${document}\n${JSON.stringify({ variables, errors }, null, 2)}`)
    return data
  }

  /** Returns the first error. A response without errors fails the test. */
  async expectError<Data, Input>(
    document: TypedDocumentString<Data, Input>,
    ...variables: Variables<NoInfer<Input>>
  ): Promise<ResponseError> {
    const response = await this.send(document, ...variables)
    if (!response.errors?.[0])
      throw new Error(`${document}\n${JSON.stringify({ variables, data: response.data }, null, 2)}`)
    return response.errors[0]
  }

  async post<Data = unknown>(
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<ApiResponse<Data>> {
    const response = await this.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      ...(text.startsWith('{') ? JSON.parse(text) : { text }),
    }
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return this.fetchUrl(`http://localhost${path}`, init)
  }

  async fetchUrl(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (this.token !== null) headers.set('authorization', `Bearer ${this.token}`)
    return this.app.fetch(url, { ...init, headers })
  }
}
