import type { FormEvent } from 'react'
import { useMutation } from 'urql'
import { ErrorMessage } from '../api/error-message.tsx'
import { graphql } from '../generated/gql.ts'
import { storeToken } from './token.ts'

const SignIn = graphql(`
  mutation SignIn($username: String!, $password: String!) {
    signIn(input: { username: $username, password: $password }) { token }
  }
`)

export function SignInPage() {
  const [{ fetching, error }, signIn] = useMutation(SignIn)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const { data } = await signIn({ username: String(form.get('username')), password: String(form.get('password')) })
    if (data) storeToken(data.signIn.token)
  }
  return (
    <main className="sign-in">
      <form onSubmit={submit} className="card stack">
        <img src="/logo.svg" alt="" width="48" height="48" />
        <h1>Sign in to Snaglist</h1>
        <label>
          Username
          <input name="username" autoComplete="username" autoCapitalize="none" required />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        <ErrorMessage error={error} />
        <button type="submit" className="primary" disabled={fetching}>
          Sign in
        </button>
      </form>
    </main>
  )
}
