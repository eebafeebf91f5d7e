import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { explanationQuery, rulesQuery } from '../api/queries.ts'
import type { Explanation } from '../api/types.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import { ExactTime } from '../i18n/time.tsx'
import { LoadError, Spinner } from '../ui/feedback.tsx'
import { Icon } from '../ui/icons.tsx'
import { fieldText, valueText } from './rule-text.ts'
import { useRuleWords } from './rule-words.ts'
import './rules.css'

/** Why a rule acted on a ticket or did not: each condition with what the ticket has, and whether it holds. */
export function RuleExplanation(props: { ruleId: string; ticketId: string; children?: ReactNode }) {
  const { ruleId, ticketId, children } = props
  const found = useQuery(explanationQuery(ruleId, ticketId))
  if (found.isPending) return <Spinner />
  if (!found.data) return <LoadError error={found.error} retry={() => void found.refetch()} />
  return (
    <>
      <Verdict explanation={found.data} />
      {children}
      <Conditions explanation={found.data} />
      <Applied explanation={found.data} />
    </>
  )
}

/** What an earlier rule decides is a reason too, so it is named. */
function Verdict({ explanation }: { explanation: Explanation }) {
  const { t, word } = useLanguage()
  const rules = useQuery({ ...rulesQuery, enabled: explanation.byRuleId !== undefined })
  const by = rules.data?.find(({ id }) => id === explanation.byRuleId)
  const acts = explanation.reason === 'applied' || explanation.reason === 'would_act'
  return (
    <div className={acts ? 'note note-good' : 'note'} role="status">
      <Icon name={acts ? 'check' : 'alert'} />
      <div>
        <p>{word('rule_reason', explanation.reason)}</p>
        {by && (
          <p>
            <bdi>{by.name}</bdi> <span className="muted">#{by.position}</span>
          </p>
        )}
        {explanation.skipped && <p dir="auto">{explanation.skipped}</p>}
        <small className="muted">{t('rule.explained_version', { version: explanation.version })}</small>
      </div>
    </div>
  )
}

function Conditions({ explanation: { conditions } }: { explanation: Explanation }) {
  const t = useT()
  const words = useRuleWords()
  return (
    <section>
      <h3>{t('rule.conditions')}</h3>
      {conditions.length === 0 && <p className="muted">{t('rule.always')}</p>}
      {conditions.map((group, at) => {
        const holds = group.every(({ result }) => result)
        return (
          <div key={at} className="explained-group">
            <h4>
              {t(at === 0 ? 'rule.group' : 'rule.or_group', { number: at + 1 })}
              <span className={holds ? 'badge status-answered' : 'badge'}>
                {t(holds ? 'rule.holds' : 'rule.holds_not')}
              </span>
            </h4>
            <ul className="explained">
              {group.map(({ field, op, value, actual, result }, n) => (
                <li key={n} className={result ? 'explained-yes' : 'explained-no'}>
                  <Icon name={result ? 'check' : 'close'} size={14} />
                  <span className="visually-hidden">{t(result ? 'rule.holds' : 'rule.holds_not')}: </span>
                  <span className="explained-text">
                    <span>
                      {fieldText(field, words)} <span className="muted">{words.word('op', op)}</span>{' '}
                      <b>{valueText(field, value, words)}</b>
                    </span>
                    <small className="muted">
                      {t('rule.seen')} <span className="seen">{valueText(field, actual, words)}</span>
                    </small>
                  </span>
                </li>
              ))}
            </ul>
          </div>
        )
      })}
    </section>
  )
}

function Applied({ explanation: { applied } }: { explanation: Explanation }) {
  const { t, word, listed } = useLanguage()
  if (applied.length === 0) return null
  return (
    <section>
      <h3>{t('rule.acted')}</h3>
      <ol className="applied">
        {applied.map(({ sequence, at, version, actions }) => (
          <li key={sequence}>
            <span className="muted">
              <ExactTime at={at} />
            </span>
            <span>
              {t('explain.version', { version })}
              {actions.length > 0 && ` · ${listed(actions.map((action) => word('action_type', action)))}`}
            </span>
          </li>
        ))}
      </ol>
    </section>
  )
}
