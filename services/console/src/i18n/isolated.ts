/** Text that may run in the other direction keeps to itself. */
export const isolated = (text: string): string => `\u2068${text}\u2069`
