import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'
import proxyAddr from 'proxy-addr'

/** Tells the address that a request comes from: where a proxy that is trusted passes it on, the one that it names. */
export type AddressOf = (request: IncomingMessage) => string

/**
 * Reads addresses. `trustedProxies` are addresses or subnets, or "loopback", "linklocal", "uniquelocal"; what others say
 * in X-Forwarded-For is not read. Of IPv6 the first half stands for all: one caller has the other half to choose from.
 */
export function readAddresses(trustedProxies: readonly string[]): AddressOf {
  const trusted = proxyAddr.compile([...trustedProxies])
  return (request) => {
    const text = proxyAddr(request, trusted)
    if (!ipaddr.isValid(text)) return 'unknown'
    const address = ipaddr.process(text)
    return address.kind() === 'ipv4' ? address.toString() : `${address.toNormalizedString().split(':', 4).join(':')}::`
  }
}
