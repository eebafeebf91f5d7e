import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { patch } from '../api/client.ts'
import { rulesQuery, ruleVersionsQuery, useDirectory } from '../api/queries.ts'
import type { Rule } from '../api/types.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import { ExactTime } from '../i18n/time.tsx'
import { actorName } from '../ticket/actor.ts'
import { Button, Select } from '../ui/controls.tsx'
import { LoadError, Spinner, toast } from '../ui/feedback.tsx'
import { FormDialog } from '../ui/overlay.tsx'
import { diffLines, restorable, ruleLines } from './rule-text.ts'
import { useActionWords } from './rule-words.ts'

/** What a rule was, version by version, how two of them differ, and the way back to one. */
export function RuleVersions({ id }: { id: string }) {
  const t = useT()
  const versions = useQuery(ruleVersionsQuery(id))
  if (versions.isPending) return <Spinner />
  if (!versions.data) return <LoadError error={versions.error} retry={() => void versions.refetch()} />
  if (versions.data.length === 0) return <p>{t('not_found.text')}</p>
  return <Versions versions={versions.data} />
}

function Versions({ versions }: { versions: Rule[] }) {
  const { t } = useLanguage()
  const directory = useDirectory()
  const newest = versions[0] as Rule
  const [before, setBefore] = useState((versions[1] ?? newest).version)
  const [after, setAfter] = useState(newest.version)
  const [restoring, setRestoring] = useState<Rule | null>(null)
  const of = (version: number) => versions.find((each) => each.version === version) ?? newest
  const options = versions.map(({ version }) => ({
    value: String(version),
    label: t('explain.version', { version }),
  }))
  return (
    <>
      <section className="card" aria-label={t('rule.compare')}>
        <div className="fields">
          <Select
            label={t('rule.compare_before')}
            value={String(before)}
            onChange={(value) => setBefore(Number(value))}
            options={options}
          />
          <Select
            label={t('rule.compare_after')}
            value={String(after)}
            onChange={(value) => setAfter(Number(value))}
            options={options}
          />
        </div>
        <RuleDiff before={of(before)} after={of(after)} />
      </section>
      <ol className="versions" aria-label={t('rule.versions')}>
        {versions.map((version, at) => {
          const previous = versions[at + 1]
          return (
            <li key={version.version} className="version">
              <span className="version-text">
                <span className="rule-name">{t('explain.version', { version: version.version })}</span>
                <small className="muted">
                  <ExactTime at={version.updatedAt} />
                  {version.updatedBy && (
                    <>
                      {' · '}
                      <bdi>{actorName(version.updatedBy, directory, t)}</bdi>
                    </>
                  )}
                </small>
              </span>
              {at === 0 && <span className="badge status-answered">{t('rule.current')}</span>}
              {previous && (
                <Button
                  size="small"
                  aria-label={t('rule.show_change_of', { version: version.version })}
                  onPress={() => {
                    setBefore(previous.version)
                    setAfter(version.version)
                  }}
                >
                  {t('rule.show_change')}
                </Button>
              )}
              {at > 0 && (
                <Button
                  size="small"
                  icon="history"
                  aria-label={t('rule.restore_of', { version: version.version })}
                  onPress={() => setRestoring(version)}
                >
                  {t('rule.restore')}
                </Button>
              )}
            </li>
          )
        })}
      </ol>
      {restoring && <RestoreDialog version={restoring} current={newest} onClose={() => setRestoring(null)} />}
    </>
  )
}

/** Says beforehand what will change; it becomes the next version, so nothing is lost. */
function RestoreDialog(props: { version: Rule; current: Rule; onClose: () => void }) {
  const { version, current, onClose } = props
  const t = useT()
  const client = useQueryClient()
  return (
    <FormDialog
      title={t('rule.restore_title', { version: version.version })}
      submit={t('rule.restore')}
      wide
      onClose={onClose}
      onSubmit={async () => {
        const restored = await patch<Rule>(`/rules/${current.id}`, restorable(version))
        await Promise.all([
          client.invalidateQueries(ruleVersionsQuery(current.id)),
          client.invalidateQueries(rulesQuery),
        ])
        toast(t('rule.restored', { version: restored.version }))
      }}
    >
      <p>{t('rule.restore_text')}</p>
      <RuleDiff before={current} after={version} />
    </FormDialog>
  )
}

/** The lines of two versions; what was taken out and what was put in is said by sign and word, not by colour alone. */
function RuleDiff({ before, after }: { before: Rule; after: Rule }) {
  const t = useT()
  const words = useActionWords()
  const lines = diffLines(ruleLines(before, words), ruleLines(after, words))
  const same = lines.every(({ change }) => change === 'kept')
  return (
    <>
      <p className="visually-hidden" role="status">
        {same ? t('rule.no_difference') : ''}
      </p>
      {same && <p className="muted">{t('rule.no_difference')}</p>}
      <ul className="diff" aria-label={t('rule.difference')}>
        {lines.map(({ change, text }, at) => (
          <li key={at} className={`diff-line diff-${change}`}>
            <span className="diff-sign" aria-hidden="true">
              {change === 'added' ? '+' : change === 'removed' ? '−' : ''}
            </span>
            {change !== 'kept' && (
              <span className="visually-hidden">
                {t(change === 'added' ? 'rule.line_added' : 'rule.line_removed')}{' '}
              </span>
            )}
            {change === 'removed' ? <del>{text}</del> : change === 'added' ? <ins>{text}</ins> : text}
          </li>
        ))}
      </ul>
    </>
  )
}
