import { expect, test } from 'vitest'
import { parseAddress } from '../src/outbound/addresses.ts'
import { findUrlError, type PermittedHost, parsePermittedHost, permits } from '../src/outbound/targets.ts'

const hostsOf = (...texts: readonly string[]) => texts.map((text) => parsePermittedHost(text) as PermittedHost)

const publicAddresses = [
  '1.1.1.1',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2a00:1450:4001:800::200e',
  '::ffff:1.1.1.1',
  '64:ff9b::1.1.1.1',
]

const otherAddresses = {
  'this host': ['0.0.0.0', '0.1.2.3', '::'],
  loopback: ['127.0.0.1', '127.255.255.255', '::1'],
  private: ['10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.0', '192.168.255.255'],
  'link-local': ['169.254.0.0', '169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'febf::1'],
  'shared by carriers': ['100.64.0.0', '100.127.255.255'],
  'unique local': ['fc00::', 'fd00::1', 'fd00:ec2::254', 'fdff::1'],
  'site-local': ['fec0::1'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  broadcast: ['255.255.255.255'],
  reserved: [
    '192.0.0.1',
    '192.0.0.192',
    '192.88.99.1',
    '198.18.0.0',
    '198.19.255.255',
    '240.0.0.0',
    '4000::1',
    '100::1',
  ],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
  'mapped IPv4': ['::ffff:10.0.0.1', '::ffff:7f00:1', '::ffff:169.254.169.254', '0:0:0:0:0:ffff:a00:1'],
  'compatible IPv4': ['::10.0.0.1', '::127.0.0.1', '::1.1.1.1'],
  translated: ['::ffff:0:10.0.0.1', '::ffff:0:1.1.1.1'],
  NAT64: ['64:ff9b::10.0.0.1', '64:ff9b::7f00:1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::1.1.1.1', '64:ff9b:1:a00:0:100::'],
  '6to4': ['2002:a00:1::1', '2002:7f00:1::', '2002:101:101::1'],
  Teredo: ['2001:0:4136:e378:8000:63bf:3fff:fdd2', '2001::1'],
  'no address': ['', 'localhost', '1.1.1', '0x7f.1', '010.0.0.1', '1.1.1.1.', '[::1]', '2606:4700::1::1'],
}

const isPermitted = (url: string, text: string, hosts: readonly PermittedHost[] = []) => {
  const address = parseAddress(text)
  return address !== null && permits(new URL(url), address, hosts)
}

test.each(publicAddresses)('https may be sent to the public address %s, http not', (address) => {
  expect(isPermitted('https://example.com', address)).toBe(true)
  expect(isPermitted('http://example.com', address)).toBe(false)
})

test.each(Object.entries(otherAddresses))(
  'nothing may be sent to addresses that are not public: %s',
  (_, addresses) => {
    expect(addresses.filter((address) => isPermitted('https://example.com', address))).toEqual([])
  },
)

test.each([
  ['mes.local', 'https://mes.local', '10.0.0.1', true],
  ['mes.local', 'http://MES.local.:8080', '10.0.0.1', true],
  ['mes.local:8080', 'http://mes.local:8080', '10.0.0.1', true],
  ['mes.local:443', 'https://mes.local', '10.0.0.1', true],
  ['mes.local:8080', 'http://mes.local', '10.0.0.1', false],
  ['mes.local', 'https://other.mes.local', '10.0.0.1', false],
  ['10.0.0.5', 'http://mes.local', '10.0.0.5', true],
  ['10.0.0.5', 'http://mes.local', '10.0.0.6', false],
  ['10.0.0.5:81', 'http://10.0.0.5:81', '10.0.0.5', true],
  ['10.0.0.5:81', 'http://mes.local:81', '10.0.0.5', false],
  ['10.0.0.0/8', 'http://mes.local', '10.255.0.1', true],
  ['10.0.0.0/8', 'http://mes.local', '::ffff:10.255.0.1', true],
  ['10.0.0.0/8', 'https://mes.local', '11.0.0.1', true],
  ['10.0.0.0/8', 'http://mes.local', '11.0.0.1', false],
  ['10.0.0.0/8', 'https://mes.local', '127.0.0.1', false],
  ['fd00::/8', 'http://mes.local', 'fd12::1', true],
  ['[fd00::1]:81', 'http://[fd00:0::1]:81', 'fd00::1', true],
])('SNAGLIST_WEBHOOK_HOSTS=%s: %s at %s is permitted: %s', (host, url, address, expected) => {
  expect(isPermitted(url, address, hostsOf(host))).toBe(expected)
})

test.each(['', 'http://mes', 'mes/hook', 'a b', 'mes:x', 'user@mes', '10.0.0.0/33', '*.example.com'])(
  'SNAGLIST_WEBHOOK_HOSTS cannot contain %j',
  (text) => {
    expect(parsePermittedHost(text)).toBeNull()
  },
)

const inside = /^must not have an address inside a network/
const notSecure = /^must begin with https:\/\//
const credentials = /^must not contain a username or password/

test.each([
  ['https://example.com/hook?key=1', null],
  ['https://EXAMPLE.com:8443', null],
  ['https://1.1.1.1', null],
  ['https://[2606:4700:4700::1111]', null],
  ['https://münchen.example', null],
  ['example.com', /^must be a URL such as/],
  ['https://', /^must be a URL such as/],
  [`https://example.com/${'x'.repeat(2048)}`, /^must be at most 2048 characters/],
  ['http://example.com', notSecure],
  ['ftp://example.com', notSecure],
  ['file:///etc/passwd', notSecure],
  ['javascript:alert(1)', notSecure],
  ['https://ada@example.com', credentials],
  ['https://ada:secret@example.com', credentials],
  ['https://127.0.0.1', inside],
  ['https://127.0.0.1.', inside],
  ['https://2130706433', inside],
  ['https://0x7f000001', inside],
  ['https://017700000001', inside],
  ['https://0x7f.1', inside],
  ['https://0', inside],
  ['https://1%32%37.0.0.1', inside],
  ['https://127。0。0。1', inside],
  ['https://[::1]', inside],
  ['https://[::ffff:127.0.0.1]', inside],
  ['https://[0:0:0:0:0:0:0:0]', inside],
  ['https://[64:ff9b::a9fe:a9fe]', inside],
  ['https://169.254.169.254/latest/meta-data', inside],
])('URL of a webhook: %s', (url, error) => {
  if (error === null) expect(findUrlError(url, [])).toBeNull()
  else expect(findUrlError(url, [])).toMatch(error)
})

test.each([
  ['http://10.1.2.3', null],
  ['http://0x0a010203', null],
  ['http://mes.local', null],
  ['http://11.1.2.3', notSecure],
  ['https://192.168.0.1', inside],
])('URL of a webhook with SNAGLIST_WEBHOOK_HOSTS=10.0.0.0/8: %s', (url, error) => {
  if (error === null) expect(findUrlError(url, hostsOf('10.0.0.0/8'))).toBeNull()
  else expect(findUrlError(url, hostsOf('10.0.0.0/8'))).toMatch(error)
})
