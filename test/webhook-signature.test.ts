import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { createSecret, signatureHeaders } from '../src/webhook/signature.ts'

const id = '0190c0de-0000-7000-8000-000000000000'

test('creates a secret of 32 random bytes', () => {
  const secret = createSecret()
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  expect(Buffer.from(secret.slice(6), 'base64')).toHaveLength(32)
  expect(createSecret()).not.toBe(secret)
})

test('signs the example of the specification', () => {
  const headers = signatureHeaders(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    at: new Date(1_614_265_330_000),
    body: '{"test": 2432232314}',
  })
  expect(headers).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test('the reference implementation verifies signatures by the current and the previous secret', () => {
  const [secret, previousSecret, otherSecret] = [createSecret(), createSecret(), createSecret()]
  const body = JSON.stringify({ type: 'ticket.updated', data: { title: 'Größe „ß“ \u2028 🦆' } })
  const headers = signatureHeaders([secret, previousSecret], { id, at: new Date(), body })
  for (const known of [secret, previousSecret])
    expect(new Webhook(known).verify(body, headers)).toEqual(JSON.parse(body))
  expect(() => new Webhook(otherSecret).verify(body, headers)).toThrow('No matching signature found')
  expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow('No matching signature found')
  expect(() => new Webhook(secret).verify(body, { ...headers, 'webhook-id': 'other' })).toThrow(
    'No matching signature found',
  )
})

test('the reference implementation rejects the replay of an old message', () => {
  const secret = createSecret()
  const headers = signatureHeaders([secret], { id, at: new Date(Date.now() - 600_000), body: '{}' })
  expect(() => new Webhook(secret).verify('{}', headers)).toThrow('Message timestamp too old')
})
