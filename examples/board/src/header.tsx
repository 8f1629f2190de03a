import { useClient, useQuery } from 'urql'
import { Link } from 'wouter'
import { graphql } from './generated/gql.ts'
import { storeToken } from './session/token.ts'

const HeaderQuery = graphql(`
  query Header {
    viewer { id name username }
  }
`)

const SignOut = graphql(`
  mutation SignOut {
    signOut { signedOut }
  }
`)

export function Header() {
  const client = useClient()
  const [{ data }] = useQuery({ query: HeaderQuery })
  const signOut = () => {
    client.mutation(SignOut, {}).toPromise()
    storeToken(null)
  }
  return (
    <header className="header">
      <Link href="/" title="Projects">
        <img src="/logo.svg" alt="" width="28" height="28" />
        Snaglist
      </Link>
      <span className="viewer">{data?.viewer?.name}</span>
      <button type="button" onClick={signOut}>
        Sign out
      </button>
    </header>
  )
}
