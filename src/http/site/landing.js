import { startAccount } from './account.js'
import { enableDownloads } from './download.js'

const greeting = document.getElementById('greeting')
const session = await startAccount()

function greet() {
  const { viewer } = session
  greeting.textContent = viewer
    ? `You are signed in as ${viewer.name} (${viewer.username}), ${viewer.role}.`
    : 'You are not signed in.'
}
session.addEventListener('change', greet)
greet()
enableDownloads(session)

const health = document.getElementById('health')
const isReady = await fetch('/ready').then(
  ({ ok }) => ok,
  () => false,
)
health.textContent = isReady ? 'Ready' : 'Not ready'
health.dataset.ready = String(isReady)
