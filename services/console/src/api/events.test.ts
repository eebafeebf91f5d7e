import { expect, it } from 'vitest'
import { backOff, EventParser } from './events.ts'

const STREAM =
  'retry: 2000\n\nid: a.1\nevent: ready\ndata: {}\n\n: heartbeat\n\nid: a.2\nevent: ticket\ndata: {"x":\ndata: 1}\n\n'

it('reads events however the stream is cut', () => {
  const whole = new EventParser().push(STREAM)
  expect(whole).toEqual([
    { id: 'a.1', event: 'ready', data: '{}' },
    { id: 'a.2', event: 'ticket', data: '{"x":\n1}' },
  ])
  for (let size = 1; size < 20; size++) {
    const parser = new EventParser()
    const found = []
    for (let at = 0; at < STREAM.length; at += size) found.push(...parser.push(STREAM.slice(at, at + size)))
    expect(found).toEqual(whole)
  }
})

it('waits longer after each failure, within bounds', () => {
  expect(backOff(0, () => 0)).toBe(500)
  expect(backOff(0, () => 1)).toBe(1000)
  expect(backOff(3, () => 0)).toBe(4000)
  expect(backOff(50, () => 1)).toBe(30_000)
})
