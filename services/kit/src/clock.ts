/** Where "now" comes from; tests bring their own. */
export type Clock = () => Date

export const systemClock: Clock = () => new Date()

/** RFC 3339 in UTC with milliseconds: the one form of a time in Onus. */
export const rfc3339 = (date: Date): string => date.toISOString()
