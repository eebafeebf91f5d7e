import type { IntlShape } from 'react-intl'

type Unit = 'day' | 'hour' | 'minute' | 'second'
const UNITS: [Unit, number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
]

/** A duration in its largest unit and, where that says little, the next one: 3 hr 20 min. */
export function durationParts(seconds: number): [Unit, number][] {
  const at = UNITS.findIndex(([, size]) => seconds >= size)
  const [unit, size] = UNITS[at] ?? ['second', 1]
  const next = UNITS[at + 1]
  const whole = Math.floor(seconds / size)
  if (!next || whole >= 10) return [[unit, Math.round(seconds / size)]]
  const rest = Math.round((seconds - whole * size) / next[1])
  // Rounded up to a whole one of the larger unit.
  if (rest * next[1] === size) return [[unit, whole + 1]]
  return rest === 0
    ? [[unit, whole]]
    : [
        [unit, whole],
        [next[0], rest],
      ]
}

/** A duration in the reader's language. */
export const formatDuration = (intl: IntlShape, seconds: number): string =>
  durationParts(seconds)
    .map(([unit, value]) => intl.formatNumber(value, { style: 'unit', unit, unitDisplay: 'short' }))
    .join(' ')
