export interface PostponeChoice {
  id: 'later' | 'tomorrow' | 'monday' | 'week'
  at: Date
}

/** What people usually mean, by their own clock. */
export function postponeChoices(now: Date): PostponeChoice[] {
  const day = (days: number): Date => {
    const at = new Date(now)
    at.setDate(at.getDate() + days)
    at.setHours(9, 0, 0, 0)
    return at
  }
  const later = new Date(now.getTime() + 3 * 3_600_000)
  later.setMinutes(0, 0, 0)
  const untilMonday = (8 - now.getDay()) % 7 || 7
  return [
    { id: 'later', at: later },
    { id: 'tomorrow', at: day(1) },
    { id: 'monday', at: day(untilMonday) },
    { id: 'week', at: day(7) },
  ]
}

/** As a field for a date and a time takes it: the clock on the wall. */
export function toLocalInput(at: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${date}T${two(at.getHours())}:${two(at.getMinutes())}`
}
