import { EXIT, Failure } from '../exit.ts'
import type { Session } from '../session.ts'

/** Asks for a yes. @throws Failure where there is none, or nobody to ask */
export async function confirmed(session: Session, question: string): Promise<void> {
  if (!session.ask) throw new Failure(EXIT.usage, `${question} Nobody can be asked here.`, 'Say --yes.')
  const answer = await session.ask(`${question} [y/N] `)
  if (!/^y(es)?$/i.test(answer.trim())) throw new Failure(EXIT.refused, 'Nothing was done.')
}
