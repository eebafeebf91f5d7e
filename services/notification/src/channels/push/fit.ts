/** What every provider takes of a payload. */
export const LARGEST_PAYLOAD = 4096

/**
 * The payload that `build` makes of the longest beginning of a text that keeps it within `most` bytes.
 * Long subjects in scripts of three bytes a letter are no reason to lose a notice.
 */
export function fitting(text: string, most: number, build: (text: string) => string): string {
  const whole = build(text)
  if (Buffer.byteLength(whole) <= most) return whole
  const letters = [...text]
  let fits = 0
  let over = letters.length
  while (fits + 1 < over) {
    const middle = (fits + over) >> 1
    if (Buffer.byteLength(build(`${letters.slice(0, middle).join('')}…`)) <= most) fits = middle
    else over = middle
  }
  return build(`${letters.slice(0, fits).join('').trimEnd()}…`)
}
