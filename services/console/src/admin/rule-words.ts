import { useDirectory } from '../api/queries.ts'
import { useLanguage } from '../i18n/intl.tsx'
import type { RuleWords } from './rule-text.ts'

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
