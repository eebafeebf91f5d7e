import { problems } from '@onus/kit/problems'
import { expect, it } from 'vitest'
import type { NotificationApi } from '../clients.ts'
import { fakeApp } from '../testing/fakes.ts'

const asked: { token: string; look: boolean; caller: string }[] = []
const notification = {
  async unsubscribe({ token, look }, { caller }) {
    asked.push({ token, look, caller: caller.type })
    if (!look && token === 'bad') throw problems.invalid([{ field: 'token', message: 'is not ours' }])
    return {
      locale: 'ar',
      direction: 'rtl',
      title: 'إيقاف <b>',
      text: 'x & y',
      button: look && token !== 'bad' ? 'إيقاف' : '',
      preferencesUrl: 'https://help.example/profile/notifications',
      preferencesLabel: 'z',
    }
  },
} as NotificationApi

it('shows a button to who looks, and changes nothing', async () => {
  asked.length = 0
  const { send } = fakeApp({ notification })
  const response = await send('GET', '/unsubscribe?token=a.b')
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(response.headers.get('content-security-policy')).toContain("form-action 'self'")
  const html = response.text
  expect(html).toContain('<html lang="ar" dir="rtl">')
  expect(html).toContain('<form method="post" action="?token=a.b">')
  expect(html).not.toContain('<b>')
  expect(asked).toEqual([{ token: 'a.b', look: true, caller: 'system' }])
  expect((await send('GET', '/unsubscribe?token=bad')).text).not.toContain('<form')
})

it.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', undefined])(
  'turns off with one click and without a key, whatever the body (%s)',
  async (type) => {
    asked.length = 0
    const { send } = fakeApp({ notification })
    const headers = type ? { 'content-type': type } : undefined
    for (let times = 0; times < 2; times++) {
      const response = await send('POST', '/unsubscribe?token=a.b', {
        body: 'List-Unsubscribe=One-Click',
        headers,
      })
      expect(response.status).toBe(200)
    }
    expect(asked.map(({ look }) => look)).toEqual([false, false])
  },
)

it('tells a machine that a link is not ours', async () => {
  const { send } = fakeApp({ notification })
  expect((await send('POST', '/unsubscribe?token=bad')).status).toBe(400)
  expect((await send('POST', '/unsubscribe')).status).toBe(400)
  expect((await send('PUT', '/unsubscribe?token=a.b')).status).toBe(405)
})
