/** What the process answers with; documented in the README, and never given another meaning. */
export const EXIT = {
  ok: 0,
  /** It worked, and found something that is not as it should be. */
  found: 1,
  usage: 2,
  unreachable: 3,
  forbidden: 4,
  notFound: 5,
  /** The state does not allow it, or the input names something that does not fit. */
  refused: 6,
  internal: 70,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Something that ends the command, with what to do about it. */
export class Failure extends Error {
  readonly exit: ExitCode
  readonly remedy: string | undefined

  constructor(exit: ExitCode, message: string, remedy?: string) {
    super(message)
    this.name = 'Failure'
    this.exit = exit
    this.remedy = remedy
  }
}
