import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import './styles/base.css'
import './styles/list.css'
import './styles/ticket.css'

const root = document.getElementById('root')
if (root) createRoot(root).render(<App />)
