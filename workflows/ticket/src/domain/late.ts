/** From here on a timer that fires says that it is late. */
const LATE_AFTER_MS = 60_000

/** Whether something that was due then is done too late at this moment. */
export const isLate = (dueAt: string, at: string): boolean =>
  Date.parse(at) - Date.parse(dueAt) > LATE_AFTER_MS
