import type { DirectoryReader } from '@onus/kit/directory'
import { Problem, problems } from '@onus/kit/problems'
import type { UnsubscribeResponse } from '@onus/proto/onus/v1/notification'
import { ROLES } from '@onus/workflows-contract'
import { turnedOff, type Unsubscribe, type UnsubscribeTokens } from '../domain/unsubscribe.ts'
import { type Texts, textsFor } from '../render/catalog.ts'
import type { DirectoryClient } from './world.ts'

export interface UnsubscriberDeps {
  directory: DirectoryReader
  preferences: Pick<DirectoryClient, 'getPreferences' | 'setPreferences'>
  unsubscribe: UnsubscribeTokens
  publicUrl: string
}

/** Turns off what a link in a notice names, or with `look` only says what that would be. */
export function createUnsubscriber({ directory, preferences, unsubscribe, publicUrl }: UnsubscriberDeps) {
  const page = (texts: Texts, title: string, text: string, button = ''): UnsubscribeResponse => ({
    locale: texts.locale,
    direction: texts.direction,
    title,
    text,
    button,
    preferencesUrl: `${publicUrl}/profile/notifications`,
    preferencesLabel: texts.text('why.change'),
  })

  return async (token: string, look: boolean, locale?: string): Promise<UnsubscribeResponse> => {
    const what = unsubscribe.read(token)
    if (!what) return invalid(look, locale)
    const { accountId, agentId } = what
    const view = await directory.snapshot(accountId).catch(gone)
    const agent = view?.agent(agentId)
    if (!view || agent?.status !== 'active') return invalid(look, locale)
    const texts = textsFor(agent.locale)
    const values = {
      channel: texts.text('channel', { channel: what.channel }),
      list: listOf(what, texts, view),
    }
    if (look) {
      const [title, button] = [texts.text('unsubscribe.title'), texts.text('unsubscribe.button')]
      return page(texts, title, texts.text('unsubscribe.ask', values), button)
    }
    // As the agent: it is their choice, and the audit shows it as theirs.
    const role = ROLES.find((known) => known === agent.role)
    const caller = {
      type: 'agent' as const,
      accountId,
      id: agentId,
      name: agent.name,
      scopes: [],
      ...(role && { role }),
    }
    const before = await preferences.getPreferences({}, { caller })
    const known = new Set(view.departments.map(({ id }) => id))
    const still = {
      ...what,
      preferences: what.preferences.filter(({ departmentId }) => known.has(departmentId)),
    }
    const rules = turnedOff(before.rules, still)
    if (JSON.stringify(rules) !== JSON.stringify(before.rules))
      await preferences.setPreferences({ preferences: { ...before, rules } }, { caller })
    return page(texts, texts.text('unsubscribe.done.title'), texts.text('unsubscribe.done', values))
  }

  /** People get a page, machines a refusal. */
  function invalid(look: boolean, locale: string | undefined): UnsubscribeResponse {
    if (!look) throw problems.invalid([{ field: 'token', message: 'is none of ours, or its agent has gone' }])
    const texts = textsFor(locale)
    return page(texts, texts.text('unsubscribe.invalid.title'), texts.text('unsubscribe.invalid'))
  }
}

function gone(error: unknown): undefined {
  if (error instanceof Problem && error.reason === 'not-found') return undefined
  throw error
}

/** Each event with the departments that it is turned off for. */
function listOf(
  { preferences }: Unsubscribe,
  texts: Texts,
  view: { department(id: string): { name: string } | undefined },
): string {
  const byEvent = Map.groupBy(preferences, ({ event }) => event)
  return [...byEvent]
    .map(([event, same]) => {
      const names = same.flatMap(({ departmentId }) => view.department(departmentId)?.name ?? [])
      const where = names.length ? ` (${names.join(', ')})` : ''
      return `${texts.text('event', { event })}${where}`
    })
    .join(texts.locale === 'ar' ? '، ' : ', ')
}
