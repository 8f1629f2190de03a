import { useMutation } from '@apollo/client/react'
import type { SubmitEvent } from 'react'
import { Field } from './field.tsx'
import { formErrorsOf } from './form-errors.ts'
import { graphql } from './generated/gql.ts'
import { saveToken } from './session.ts'

const SignIn = graphql(`
  mutation SignIn($input: SignInInput!) { signIn(input: $input) { token } }
`)

export function SignInForm({ onSignedIn }: { readonly onSignedIn: () => void }) {
  const [signIn, { error, loading }] = useMutation(SignIn, {
    onCompleted(data) {
      onSignedIn()
      saveToken(data.signIn.token)
    },
  })
  const errors = formErrorsOf(error, ['input.username', 'input.password'])
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const input = { username: String(form.get('username')), password: String(form.get('password')) }
    // The error is that of the hook.
    signIn({ variables: { input } }).catch(() => {})
  }
  return (
    <main className="sign-in">
      <form onSubmit={submit} className="card">
        <h1>Sign in</h1>
        <Field label="Username" name="username" autoComplete="username" error={errors.fields['input.username']} />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          error={errors.fields['input.password']}
        />
        <p role="alert">{errors.form}</p>
        <button type="submit" className="primary" disabled={loading}>
          Sign in
        </button>
      </form>
    </main>
  )
}
