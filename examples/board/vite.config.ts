import react from '@vitejs/plugin-react'
import { defineConfig, loadEnv } from 'vite'

export default defineConfig(({ command, mode }) => {
  const api = loadEnv(mode, import.meta.dirname)['VITE_SNAGLIST_URL'] ?? 'http://localhost:4000/graphql'
  const connections = URL.canParse(api) ? new URL(api).origin : "'self'"
  // The token is in the local storage, which a script of another site must not read. The development server needs
  // inline scripts.
  const policy = `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src ${connections}; base-uri 'none'; form-action 'none'`
  return {
    plugins: [
      react(),
      {
        name: 'content-security-policy',
        transformIndexHtml: () =>
          command === 'build'
            ? [
                {
                  tag: 'meta',
                  attrs: { 'http-equiv': 'Content-Security-Policy', content: policy },
                  injectTo: 'head-prepend',
                },
              ]
            : [],
      },
    ],
    // The policy allows no `data:` URLs.
    build: { assetsInlineLimit: 0 },
  }
})
