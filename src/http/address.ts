import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'
import proxyAddr from 'proxy-addr'

/** The IP address of a request's client: the one that a trusted proxy forwards, or else the connection's. */
export type AddressOf = (request: IncomingMessage) => string

/**
 * Creates a function that reads addresses. `trustedProxies` are addresses, subnets, "loopback", "linklocal" or
 * "uniquelocal"; X-Forwarded-For of any other host is ignored. IPv6 addresses are cut to their first 64 bits: a client
 * chooses the rest.
 */
export function createAddressOf(trustedProxies: readonly string[]): AddressOf {
  const trusted = proxyAddr.compile([...trustedProxies])
  return (request) => {
    const text = proxyAddr(request, trusted)
    if (!ipaddr.isValid(text)) return 'unknown'
    const address = ipaddr.process(text)
    return address.kind() === 'ipv4' ? address.toString() : `${address.toNormalizedString().split(':', 4).join(':')}::`
  }
}
