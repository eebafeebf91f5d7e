import { InvalidArgumentError } from 'commander'

/** A whole number from 1 on. */
export function positive(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be 1 or more.')
  return value
}

/** A moment: RFC 3339, a date, or `<n>m`, `<n>h`, `<n>d` ago. */
export function moment(text: string): string {
  const back = /^(\d{1,6})(m|h|d)$/.exec(text)
  if (back) {
    const unit = { m: 60_000, h: 3_600_000, d: 86_400_000 }[back[2] as 'm' | 'h' | 'd']
    return new Date(Date.now() - Number(back[1]) * unit).toISOString()
  }
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? new Date(text) : new Date(Number.NaN)
  if (Number.isNaN(at.getTime()))
    throw new InvalidArgumentError(
      'It must be a moment such as 2026-01-31T09:12:00Z, or 90m, 12h, 7d for ago.',
    )
  return at.toISOString()
}

/** For an option that may be given several times. */
export const collect = <T>(value: T, before: T[] = []): T[] => [...before, value]
