import type { Directory } from '../api/queries.ts'
import type { Actor } from '../api/types.ts'
import type { Translator } from '../i18n/intl.tsx'

/** What somebody who did something is called now. */
export function actorName(actor: Actor, directory: Directory, t: Translator): string {
  if (actor.type === 'system') return 'Onus'
  const agent = actor.type === 'agent' ? directory.agent(actor.id)?.name : undefined
  return agent ?? actor.name ?? t(actor.type === 'contact' ? 'name.contact' : 'name.unknown_agent')
}
