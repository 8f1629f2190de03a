import { Session, takeLinkToken } from './session.js'

const byId = (id) => document.getElementById(id)
const modes = {
  signIn: {
    title: 'Sign in',
    other: 'Create an account',
    autocomplete: 'current-password',
    hint: 'Forgotten? An ADMIN can reset it.',
  },
  signUp: {
    title: 'Create an account',
    other: 'Sign in instead',
    autocomplete: 'new-password',
    hint: 'At least 8 characters.',
  },
}

/** Starts the session of the page, and the controls in its header. Returns the session after it is loaded. */
export async function startAccount() {
  const session = new Session({ storage: localStorage, fetch: fetch.bind(globalThis) })
  const dialog = createDialog(session)
  const showHeader = async () => {
    const { viewer } = session
    byId('viewer').textContent = viewer === undefined ? 'The server does not respond' : (viewer?.username ?? '')
    byId('viewer').classList.toggle('signed-in', Boolean(viewer))
    byId('viewer').title = viewer ? `${viewer.name}, ${viewer.role}` : ''
    byId('sign-out').hidden = !viewer
    byId('sign-in').hidden = viewer !== null
    const isSignUpOpen = viewer === null && (await session.isSignUpOpen())
    byId('sign-up').hidden = !isSignUpOpen || session.viewer !== null
  }
  byId('sign-in').addEventListener('click', () => dialog.open('signIn'))
  byId('sign-up').addEventListener('click', () => dialog.open('signUp'))
  byId('sign-out').addEventListener('click', async () => {
    try {
      await session.signOut()
      forgetOperations()
      location.reload()
    } catch (error) {
      byId('viewer').textContent = `Sign-out failed: ${error.message}`
    }
  })
  session.addEventListener('change', () => {
    if (session.viewer) dialog.close()
    void showHeader()
  })
  session.addEventListener('required', ({ detail }) => dialog.open('signIn', detail))
  // The page may show results of the user who was signed in.
  addEventListener('storage', ({ key }) => key === Session.storageKey && location.reload())
  const openLink = async () => {
    const token = takeLinkToken(globalThis)
    if (token === null) return
    const replaced = session.viewer
    await session.openLink(token, confirmSwitch)
    if (replaced && replaced !== session.viewer) location.reload()
  }
  addEventListener('hashchange', openLink)
  const linkToken = takeLinkToken(globalThis)
  await session.load()
  if (linkToken !== null) await session.openLink(linkToken, confirmSwitch)
  return session
}

/** The dialog for sign-in and sign-up. */
function createDialog(session) {
  const dialog = byId('account-dialog')
  const form = dialog.querySelector('form')
  const { username, name, password } = form.elements
  let mode = 'signIn'

  const showErrors = (message = '', fieldErrors = []) => {
    byId('account-message').textContent = message
    for (const input of [username, name, password]) {
      const messages = fieldErrors.filter(({ path }) => path === `input.${input.name}`).map((error) => error.message)
      byId(`account-${input.name}-error`).textContent = messages.join('; ')
      input.setAttribute('aria-invalid', String(messages.length > 0))
    }
  }
  const showMode = async () => {
    const { title, other, autocomplete, hint } = modes[mode]
    byId('account-password-hint').textContent = hint
    byId('account-title').textContent = title
    byId('account-submit').textContent = title
    byId('account-other').textContent = other
    byId('account-name-field').hidden = mode === 'signIn'
    name.required = mode === 'signUp'
    password.autocomplete = autocomplete
    byId('account-other').hidden = mode === 'signIn' && !(await session.isSignUpOpen())
  }
  const open = (nextMode, message) => {
    mode = nextMode
    showErrors(message)
    void showMode()
    if (!dialog.open) dialog.showModal()
    username.focus()
  }
  byId('account-other').addEventListener('click', () => open(mode === 'signIn' ? 'signUp' : 'signIn'))
  byId('account-close').addEventListener('click', () => dialog.close())
  dialog.addEventListener('close', () => form.reset())
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const credentials = { username: username.value, password: password.value }
    byId('account-submit').disabled = true
    try {
      const errors =
        mode === 'signIn'
          ? await session.signIn(credentials)
          : await session.signUp({ ...credentials, name: name.value })
      if (errors === null) return
      const fieldErrors = errors[0].extensions?.fieldErrors ?? []
      showErrors(fieldErrors.length > 0 ? 'Correct the marked fields.' : errors[0].message, fieldErrors)
      form.querySelector('[aria-invalid=true]')?.focus()
    } catch {
      showErrors('The server does not respond. Try again.')
    } finally {
      byId('account-submit').disabled = false
    }
  })
  return { open, close: () => dialog.close() }
}

/** Removes the tabs and the history of GraphiQL, whose variables can contain a password. */
function forgetOperations() {
  for (const key of Object.keys(localStorage))
    if (key.startsWith('graphiql:') && key !== 'graphiql:theme') localStorage.removeItem(key)
}

/** Asks whether the session of a link replaces the current one. Usernames are unique, unlike names. */
function confirmSwitch(current, linked) {
  const dialog = byId('switch-dialog')
  const keep = current ? `Stay signed in as ${current.username}` : 'Keep the session'
  byId('switch-keep').textContent = keep
  byId('switch-continue').textContent = `Continue as ${linked.username}`
  dialog.returnValue = ''
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'continue'), { once: true })
  })
}
