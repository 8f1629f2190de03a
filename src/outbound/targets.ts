import { type Address, bitsOf, isInNetwork, isPublic, type Network, parseAddress, parseNetwork } from './addresses.ts'

/** A host, or a network of hosts, that may be sent to although it is not public. */
export type PermittedHost = { readonly network: Network } | { readonly name: string; readonly port: string | null }

const maxUrlLength = 2048

/** Parses a host with or without port, an address, or a network in CIDR notation. Null if the text is none of them. */
export function parsePermittedHost(text: string): PermittedHost | null {
  const address = parseAddress(text)
  const network = address ? ([address, bitsOf(address)] as const) : parseNetwork(text)
  if (network) return { network }
  const [, host = '', port = null] = /^(\[[^\]]+\]|[^\s:/?#@*[\]]+)(?::(\d{1,5}))?$/.exec(text) ?? []
  return URL.canParse(`http://${host}`) ? { name: nameOf(new URL(`http://${host}`)), port } : null
}

/** Without the dot of a fully qualified name. */
const nameOf = ({ hostname }: URL) => hostname.replace(/\.$/, '')

/** The address of a URL without a name, which is connected to without a lookup; null for a name. */
export const literalAddress = (url: URL) => parseAddress(nameOf(url).replaceAll(/[[\]]/g, ''))

/** Phrased to follow the name of a field. Addresses of names are checked later, whenever they are connected to. */
export function findUrlError(text: string, permittedHosts: readonly PermittedHost[]): string | null {
  if (text.length > maxUrlLength) return `must be at most ${maxUrlLength} characters (got ${text.length})`
  if (!URL.canParse(text)) return 'must be a URL such as https://example.com/hook'
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https://'
  if (url.username || url.password) return 'must not contain a username or password: use its path or query for secrets'
  const address = literalAddress(url)
  if (url.protocol === 'http:' && !mayBePermitted(url, address, permittedHosts))
    return 'must begin with https://, unless SNAGLIST_WEBHOOK_HOSTS contains the host'
  if (address && !permits(url, address, permittedHosts)) return notPublic
  return null
}

export const notPublic = 'must not have an address inside a network, unless SNAGLIST_WEBHOOK_HOSTS contains the host'

/** True if the URL may be connected to at the address. Public addresses are permitted by https only. */
export const permits = (url: URL, address: Address, permittedHosts: readonly PermittedHost[]): boolean =>
  isNamed(url, permittedHosts) ||
  isInPermittedNetwork(address, permittedHosts) ||
  (url.protocol === 'https:' && isPublic(address))

const mayBePermitted = (url: URL, address: Address | null, permittedHosts: readonly PermittedHost[]) =>
  address ? permits(url, address, permittedHosts) : isNamed(url, permittedHosts) || permittedHosts.some(isNetwork)

const isNetwork = (host: PermittedHost) => 'network' in host

const isInPermittedNetwork = (address: Address, permittedHosts: readonly PermittedHost[]) =>
  permittedHosts.some((host) => 'network' in host && isInNetwork(address, host.network))

function isNamed(url: URL, permittedHosts: readonly PermittedHost[]): boolean {
  const urlPort = url.port || (url.protocol === 'http:' ? '80' : '443')
  return permittedHosts.some(
    (host) =>
      'name' in host && host.name === nameOf(url) && (host.port === null || Number(host.port) === Number(urlPort)),
  )
}
