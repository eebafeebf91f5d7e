/** A text that is written once and sent often. */
export interface Template {
  id: string
  name: string
  body: string
}

/** A template with its placeholders filled; one that nothing is known of stays as it is, so that it is seen. */
export const filled = (body: string, values: Record<string, string | undefined>): string =>
  body.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (placeholder, name: string) => values[name] ?? placeholder)

/** A text with another put in where the cursor is, and where the cursor stands then. */
export function inserted(text: string, at: number, piece: string): { text: string; cursor: number } {
  const before = text.slice(0, at)
  const gap = before !== '' && !/\s$/.test(before) ? '\n' : ''
  return { text: before + gap + piece + text.slice(at), cursor: before.length + gap.length + piece.length }
}
