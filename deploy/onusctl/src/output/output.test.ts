import { expect, it } from 'vitest'
import { paintFor } from './paint.ts'
import { ago, span, table } from './table.ts'

it('lines columns up, also coloured ones, and leaves nothing empty', () => {
  const { bad } = paintFor(true, {})
  expect(
    table(
      ['A', 'LONGER', 'C'],
      [
        ['xyz', bad('no'), ''],
        [1, undefined, 'end'],
      ],
    ),
  ).toBe(['A    LONGER  C', `xyz  ${bad('no')}      -`, '1    -       end'].join('\n'))
})

it('lets nothing from outside move the cursor, break a line or turn text around', () => {
  expect(table(['A'], [['a\u001b[2Jb\nc\u202ed']])).toBe('A\na [2Jb c d')
})

it('paints only on a terminal, and only when nobody asks for none', () => {
  const painted = (tty: boolean, env: Record<string, string>, flag?: boolean) =>
    paintFor(tty, env, flag).good('x') !== 'x'
  expect(painted(true, {})).toBe(true)
  expect(painted(false, {})).toBe(false)
  expect(painted(true, { NO_COLOR: '1' })).toBe(false)
  expect(painted(true, { TERM: 'dumb' })).toBe(false)
  expect(painted(true, {}, false)).toBe(false)
})

it('says spans as people do', () => {
  expect([1_000, 120_000, 7_200_000, 259_200_000].map(span)).toEqual(['1 s', '2 min', '2 h', '3 d'])
  expect(ago('2026-01-01T00:00:00Z', Date.parse('2026-01-01T02:00:00Z'))).toBe('2 h ago')
  expect(ago(null)).toBeUndefined()
})
