import { stripVTControlCharacters } from 'node:util'

/** Columns that line up; the last one is as long as it is. Empty cells are a dash. */
export function table(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const cells = [head, ...rows].map((row) => row.map(cell))
  const widths = head.map((_, at) => Math.max(...cells.map((row) => width(row[at] ?? ''))))
  return cells
    .map((row) =>
      row
        .map((text, at) => (at === row.length - 1 ? text : text + ' '.repeat(widths[at]! - width(text))))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const width = (text: string): number => [...stripVTControlCharacters(text)].length

/** What comes from outside must not move the cursor or change colours; our own colours may. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const CONTROL = /(?!\u001b\[\d+m)[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

const cell = (value: unknown): string =>
  value === undefined || value === null || value === '' ? '-' : String(value).replace(CONTROL, ' ')

/** `3 min`, `2 h`, `5 d`: how long ago, or how long until. */
export function span(ms: number): string {
  const s = Math.abs(ms) / 1000
  if (s < 100) return `${Math.round(s)} s`
  if (s < 100 * 60) return `${Math.round(s / 60)} min`
  if (s < 48 * 3600) return `${Math.round(s / 3600)} h`
  return `${Math.round(s / 86_400)} d`
}

export const ago = (at: string | undefined | null, now = Date.now()): string | undefined =>
  at ? `${span(now - Date.parse(at))} ago` : undefined

/** `2026-01-31 09:12:05` in UTC. */
export const time = (at: string | undefined | null): string | undefined =>
  at ? at.slice(0, 19).replace('T', ' ') : undefined
