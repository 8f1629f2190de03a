import { useMemo } from 'react'
import { Provider } from 'urql'
import { Route, Switch } from 'wouter'
import { createClient } from './api/client.ts'
import { Header } from './header.tsx'
import { ImportPage } from './import/import-page.tsx'
import { ListPage } from './list/list-page.tsx'
import { ProjectsPage } from './project/projects-page.tsx'
import { SignInPage } from './session/sign-in-page.tsx'
import { useToken } from './session/token.ts'
import { TicketPage } from './ticket/ticket-page.tsx'

export function App() {
  const token = useToken()
  const client = useMemo(() => createClient(token), [token])
  return (
    <Provider key={token} value={client}>
      {token === null ? (
        <SignInPage />
      ) : (
        <>
          <Header />
          <Switch>
            <Route path="/">
              <ProjectsPage />
            </Route>
            <Route path="/projects/:project">{({ project }) => <ListPage key={project} projectKey={project} />}</Route>
            <Route path="/projects/:project/import">{({ project }) => <ImportPage projectKey={project} />}</Route>
            <Route path="/tickets/:id">{({ id }) => <TicketPage key={id} id={id} />}</Route>
            <Route>
              <main>
                <h1>Page not found</h1>
              </main>
            </Route>
          </Switch>
        </>
      )}
    </Provider>
  )
}
