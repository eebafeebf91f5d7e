import { useQuery } from '@tanstack/react-query'
import { type NamedThing, namedThingsQuery, useDirectory } from '../api/queries.ts'
import { useLanguage } from '../i18n/intl.tsx'
import type { ActionWords, RuleWords } from './rule-text.ts'

/** The reader's words for rules, with the account's names. */
export function useRuleWords(): RuleWords {
  const { t, word, listed } = useLanguage()
  const directory = useDirectory()
  return {
    t,
    word,
    listed,
    department: (id) => directory.department(id)?.name ?? t('name.unknown_department'),
    agent: (id) => directory.agent(id)?.name ?? t('name.unknown_agent'),
  }
}

/** With the names of templates and webhooks, which are asked for where whole rules are read. */
export function useActionWords(): ActionWords {
  const words = useRuleWords()
  const templates = useQuery(namedThingsQuery('/templates')).data
  const webhooks = useQuery(namedThingsQuery('/webhooks')).data
  return {
    ...words,
    template: (id) => nameIn(templates, id),
    webhook: (id) => nameIn(webhooks, id),
  }
}

export const nameOf = ({ id, name, url }: NamedThing): string => name ?? url ?? id

/** What is gone, or not loaded yet, is called by its id, by which it can be looked for. */
export const nameIn = (things: readonly NamedThing[] = [], id: string): string =>
  nameOf(things.find((each) => each.id === id) ?? { id })
