const isRestricted = document.documentElement.dataset.introspection === 'signed-in'

/** Downloads with the token of the session: the browser follows links without it. */
export function enableDownloads(session) {
  if (!isRestricted) return
  for (const link of document.querySelectorAll('a[data-download]'))
    link.addEventListener('click', async (event) => {
      event.preventDefault()
      const { token } = session
      if (token === null) return session.require('Sign in to download the schema.')
      const response = await fetch(link.href, { headers: { authorization: `Bearer ${token}` } })
      if (response.status === 401) return session.load()
      const url = URL.createObjectURL(await response.blob())
      Object.assign(document.createElement('a'), { href: url, download: link.pathname.slice(1) }).click()
      URL.revokeObjectURL(url)
    })
}
