import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'
import { LRUCache } from 'lru-cache'
import proxyAddr from 'proxy-addr'

const maxAddresses = 10_000

export type AddressOf = (request: IncomingMessage) => string

/**
 * Creates a function that returns the client's address. X-Forwarded-For is honored only from trusted proxies: addresses,
 * subnets, "loopback", "linklocal" or "uniquelocal". IPv6 addresses are cut to their first 64 bits, because a client can
 * choose the others.
 */
export function createAddressReader(trustedProxies: readonly string[]): AddressOf {
  const trusted = proxyAddr.compile([...trustedProxies])
  const addresses = new LRUCache<string, string>({ max: maxAddresses, memoMethod: normalizeAddress })
  return (request) => addresses.memo(proxyAddr(request, trusted))
}

function normalizeAddress(text: string): string {
  if (!ipaddr.isValid(text)) return 'unknown'
  const address = ipaddr.process(text)
  return address.kind() === 'ipv4' ? address.toString() : `${address.toNormalizedString().split(':', 4).join(':')}::`
}
