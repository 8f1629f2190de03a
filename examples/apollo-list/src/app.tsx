import { ApolloProvider } from '@apollo/client/react'
import { useMemo, useState } from 'react'
import { createClient } from './apollo/client.ts'
import { ProjectPage } from './project-page.tsx'
import { saveToken, useToken } from './session.ts'
import { SignInForm } from './sign-in-form.tsx'

const uri = import.meta.env.VITE_SNAGLIST_URL ?? 'http://localhost:4000/graphql'

export function App() {
  const token = useToken()
  const [notice, setNotice] = useState('')
  const client = useMemo(() => {
    const onSessionEnd = () => {
      setNotice('Your session has ended. Sign in again.')
      saveToken(null)
    }
    const onWait = (seconds: number) => {
      setNotice(`The server is busy. Trying again in ${seconds} seconds.`)
      setTimeout(() => setNotice(''), seconds * 1000)
    }
    return createClient({ uri, token, onSessionEnd, onWait })
  }, [token])
  return (
    <ApolloProvider client={client}>
      <p role="status" className="notice">
        {notice}
      </p>
      {token === null ? <SignInForm onSignedIn={() => setNotice('')} /> : <ProjectPage key={token} />}
    </ApolloProvider>
  )
}
