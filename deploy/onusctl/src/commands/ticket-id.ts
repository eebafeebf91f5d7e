import type { Api } from '../api.ts'
import { EXIT, Failure } from '../exit.ts'

/** How a ticket may be named: an id has letters, or is longer than any number. */
const NUMBER = /^#?(\d{1,18})$/
const WORKFLOW = /^ticket:[^:]+:([^:]+)$/

/**
 * The id of a ticket that somebody named: by its id, by the number that people see (`12`, `#12`), or by the id of
 * its workflow, as `stuck` and the Temporal UI show it.
 */
export async function ticketIdOf(api: Api, named: string): Promise<string> {
  const ofWorkflow = WORKFLOW.exec(named)?.[1]
  if (ofWorkflow) return ofWorkflow
  const number = NUMBER.exec(named)?.[1]
  if (number === undefined) return named
  const found = await api.all(`/tickets?q=${number}`, 200)
  const ticket = found.find((one) => one.number === number)
  if (!ticket)
    throw new Failure(
      EXIT.notFound,
      `There is no ticket with the number ${number}.`,
      'Look at the number, and at whether this key may see it; its id does as well.',
    )
  return ticket.id
}
