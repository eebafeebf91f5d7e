/** Where things stand in a picture. */

/** Ticks of a scale of durations: what people count in. */
const TICKS = [60, 300, 900, 3600, 14_400, 86_400, 259_200, 604_800, 2_592_000]

export interface DurationScale {
  ticks: number[]
  /** From 0 at the bottom to 1 at the top. */
  place(seconds: number): number
}

/** Durations by their order of size: minutes and days are seen in one picture. */
export function durationScale(values: readonly number[]): DurationScale {
  const least = Math.max(1, Math.min(...values, 3600))
  const most = Math.max(...values, 60)
  const from = TICKS.findLast((tick) => tick <= least) ?? 1
  const to = TICKS.find((tick) => tick >= most && tick > from) ?? Math.max(most, from + 1)
  const [low, high] = [Math.log(from), Math.log(to)]
  return {
    ticks: TICKS.filter((tick) => tick >= from && tick <= to),
    place: (seconds) =>
      Math.min(1, Math.max(0, (Math.log(Math.max(seconds, 1)) - low) / Math.max(high - low, 1e-9))),
  }
}
