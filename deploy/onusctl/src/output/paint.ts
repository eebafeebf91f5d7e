/** Colours, where somebody sees them. */
export interface Paint {
  good(text: string): string
  bad(text: string): string
  warn(text: string): string
  dim(text: string): string
  bold(text: string): string
}

const code = (on: number, off: number) => (text: string) => `\u001b[${on}m${text}\u001b[${off}m`
const plain = (text: string): string => text

const COLOURS: Paint = {
  good: code(32, 39),
  bad: code(31, 39),
  warn: code(33, 39),
  dim: code(2, 22),
  bold: code(1, 22),
}
const PLAIN: Paint = { good: plain, bad: plain, warn: plain, dim: plain, bold: plain }

/** Colours only on a terminal, and not where `NO_COLOR` or `--no-color` asks for none. */
export const paintFor = (tty: boolean, env: Record<string, string | undefined>, flag = true): Paint =>
  tty && flag && !env.NO_COLOR && env.TERM !== 'dumb' ? COLOURS : PLAIN
