/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** URL of the API. Defaults to http://localhost:4000/graphql. */
  readonly VITE_SNAGLIST_URL?: string
}
