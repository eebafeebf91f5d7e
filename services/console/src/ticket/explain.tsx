import { useDirectory } from '../api/queries.ts'
import type { Candidate, Ticket, TimelineEntry } from '../api/types.ts'
import { useLanguage } from '../i18n/intl.tsx'
import { isolated } from '../i18n/isolated.ts'
import { ExactTime } from '../i18n/time.tsx'
import { Button } from '../ui/controls.tsx'
import { Avatar } from '../ui/feedback.tsx'
import { Icon } from '../ui/icons.tsx'
import { Dialog } from '../ui/overlay.tsx'
import { actorName } from './actor.ts'
import { lastNobody, lastResponsibility, whyNobody } from './story.ts'

/** Why the ticket is whose it is, or nobody's: who or what decided, between whom, and whose it was before. */
export function ExplainDialog(props: {
  ticket: Ticket
  entries: TimelineEntry[]
  onRule: (ruleId: string | null) => void
  onClose: () => void
}) {
  const { ticket, entries, onRule, onClose } = props
  const { t, word, intl } = useLanguage()
  const directory = useDirectory()
  const { cause, actor, reason, since, revision } = ticket.responsibility
  const last = lastResponsibility(entries)
  const candidates = last?.details?.candidates ?? []
  const nobody = whyNobody(ticket)
  const changes = entries.filter(({ type }) => type === 'responsibility.changed').toReversed()
  return (
    <Dialog title={t('responsibility.title')} onClose={onClose} wide>
      <div className="dialog-body explain">
        {nobody !== undefined && <Nobody reason={nobody} entries={entries} />}
        {last && (
          <p className="explain-text" dir="auto">
            {last.text}
          </p>
        )}
        <dl className="facts">
          <dt>{t('explain.cause')}</dt>
          <dd>
            {word('cause', cause.type)}
            {cause.ruleId && (
              <>
                {' · '}
                <bdi>{cause.ruleName ?? t('explain.rule')}</bdi>{' '}
                {cause.version !== undefined && t('explain.version', { version: cause.version })}{' '}
                <Button size="small" onPress={() => onRule(cause.ruleId ?? null)}>
                  {t('rule.why_entry')}
                </Button>
              </>
            )}
          </dd>
          <dt>{t('explain.actor')}</dt>
          <dd>
            <bdi>{actorName(actor, directory, t)}</bdi>
          </dd>
          {reason && (
            <>
              <dt>{t('field.reason')}</dt>
              <dd dir="auto">{reason}</dd>
            </>
          )}
          <dt>{t('column.since')}</dt>
          <dd>
            <ExactTime at={since} />
          </dd>
          <dt>{t('explain.revision')}</dt>
          <dd>{intl.formatNumber(revision)}</dd>
        </dl>
        {candidates.length > 0 && <Candidates candidates={candidates} />}
        <div>
          <Button size="small" icon="bolt" onPress={() => onRule(null)}>
            {t('rule.why_rules')}
          </Button>
        </div>
        <h3>{t('explain.history')}</h3>
        <ol className="history">
          {changes.map((entry) => (
            <li key={entry.sequence}>
              <span className="muted">
                <ExactTime at={entry.at} />
              </span>
              <span dir="auto">{entry.text}</span>
            </li>
          ))}
        </ol>
      </div>
    </Dialog>
  )
}

/** Nobody got it: that comes first, since it is what the reader asks about. */
function Nobody({ reason, entries }: { reason: string; entries: TimelineEntry[] }) {
  const { t, word } = useLanguage()
  const candidates = lastNobody(entries)?.details?.candidates ?? []
  return (
    <>
      <p className="explain-text">{t('ticket.no_eligible', { reason: word('no_eligible', reason) })}</p>
      {candidates.length > 0 && <Candidates candidates={candidates} />}
    </>
  )
}

/** Words for a reason, with what fills somebody up or what they lack, where the entry says it. */
function useReason(): (candidate: Candidate) => string {
  const { t, word, intl, listed } = useLanguage()
  return ({ reason, load, capacity, skills = [] }) => {
    if (reason === 'at_capacity' && load !== undefined && capacity !== undefined)
      return t('explain.full', { load, capacity })
    if (reason === 'missing_skill' && skills.length > 0) {
      const missing = skills.map(({ name, level }) => `${isolated(name)} ${intl.formatNumber(level)}`)
      return t('explain.lacks', { skills: listed(missing) })
    }
    return word('candidate', reason)
  }
}

function Candidates({ candidates }: { candidates: Candidate[] }) {
  const { t } = useLanguage()
  const reasonOf = useReason()
  const directory = useDirectory()
  return (
    <>
      <h3>{t('explain.candidates')}</h3>
      <ul className="candidates">
        {candidates.map((candidate) => {
          const { agentId, outcome } = candidate
          const name = directory.agent(agentId)?.name ?? t('name.unknown_agent')
          return (
            <li key={agentId} className={outcome === 'chosen' ? 'candidate-chosen' : undefined}>
              <Avatar name={name} id={agentId} />
              <bdi>{name}</bdi>
              <span className="candidate-reason">
                {outcome === 'chosen' && <Icon name="check" size={14} />}
                {outcome === 'chosen' && `${t('explain.chosen')} · `}
                {reasonOf(candidate)}
              </span>
            </li>
          )
        })}
      </ul>
    </>
  )
}
