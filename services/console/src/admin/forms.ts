/** Minutes of a duration such as PT30M, P1D or PT1H30M; null for one that is not whole minutes of fixed length. */
export function minutesOf(duration: string | null | undefined): number | null {
  const match = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(duration ?? '')
  if (!match) return null
  const [weeks = 0, days = 0, hours = 0, minutes = 0] = match.slice(1).map((part) => Number(part ?? 0))
  return ((weeks * 7 + days) * 24 + hours) * 60 + minutes
}

export const durationOf = (minutes: number): string => `PT${Math.max(1, Math.round(minutes))}M`

/** What stands on lines or between commas. */
export const linesOf = (text: string): string[] => [
  ...new Set(
    text
      .split(/[\n,،]/)
      .map((line) => line.trim())
      .filter(Boolean),
  ),
]
