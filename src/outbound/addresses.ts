import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

export type Address = ipaddr.IPv4 | ipaddr.IPv6
export type Network = readonly [base: Address, prefixLength: number]

/**
 * Null if the text is not an address in its usual form. Converts IPv6 addresses that contain an IPv4 address (mapped, NAT64)
 * to that.
 */
export function parseAddress(text: string): Address | null {
  if (isIP(text) === 0) return null
  // The parser rejects zones, and IPv4 notation in most IPv6 addresses.
  const normalized = isIP(text) === 6 ? new URL(`http://[${text.replace(/%.*/, '')}]`).hostname.slice(1, -1) : text
  const address = ipaddr.process(normalized)
  return isInOneOf(address, translatedIPv4) ? ipaddr.fromByteArray(address.toByteArray().slice(-4)) : address
}

/** A network in CIDR notation. Null if the text is none. */
export function parseNetwork(text: string): Network | null {
  const [, base = '', prefixLength = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  const address = parseAddress(base)
  return address && Number(prefixLength) <= bitsOf(address) ? [address, Number(prefixLength)] : null
}

export const bitsOf = (address: Address): number => address.toByteArray().length * 8

export function isInNetwork(address: Address, [base, prefixLength]: Network): boolean {
  if (address instanceof ipaddr.IPv4) return base instanceof ipaddr.IPv4 && address.match(base, prefixLength)
  return base instanceof ipaddr.IPv6 && address.match(base, prefixLength)
}

const isInOneOf = (address: Address, networks: readonly Network[]) =>
  networks.some((network) => isInNetwork(address, network))

/** True for an address on the Internet: not for one inside a network, of this machine, or reserved. */
export const isPublic = (address: Address): boolean =>
  address.kind() === 'ipv4'
    ? !isInOneOf(address, specialIPv4)
    : isInOneOf(address, globalIPv6) && !isInOneOf(address, specialIPv6)

const networks = (...texts: readonly string[]): Network[] => texts.map((text) => ipaddr.parseCIDR(text))

/** Addresses that are not globally reachable (IANA IPv4 Special-Purpose Address Registry), multicast, and 6to4 relays. */
const specialIPv4 = networks(
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
)
/** The global unicast addresses of IPv6. */
const globalIPv6 = networks('2000::/3')
/** Those of them for protocols such as Teredo, for documentation, and for 6to4, which contain an IPv4 address. */
const specialIPv6 = networks('2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20')
/** NAT64 (RFC 6052), by which hosts without IPv4 reach IPv4 addresses. */
const translatedIPv4 = networks('64:ff9b::/96')
