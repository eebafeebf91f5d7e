import type { Viewer } from '../api/types.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import { Avatar } from '../ui/feedback.tsx'
import { Icon } from '../ui/icons.tsx'

const SHOWN = 4

/** Who else has the ticket open; a change is said politely, without the focus. */
export function ViewersLine({ others }: { others: Viewer[] }) {
  const { t, intl } = useLanguage()
  const writing = others.filter(({ state }) => state === 'writing')
  const names = intl.formatList(
    (writing.length > 0 ? writing : others).map(({ name }) => `\u2068${name}\u2069`),
    { type: 'conjunction' },
  )
  const text =
    others.length === 0
      ? ''
      : writing.length > 0
        ? t('viewers.writing', { names, count: writing.length })
        : t('viewers.viewing', { names, count: others.length })
  return (
    <div className="viewers" role="status" aria-label={t('viewers.title')}>
      {others.length > 0 && (
        <span className="viewers-avatars" aria-hidden="true">
          {others.slice(0, SHOWN).map(({ agentId, name, state }) => (
            <span key={agentId} className={`viewer viewer-${state}`} title={name}>
              <Avatar name={name} id={agentId} />
            </span>
          ))}
          {others.length > SHOWN && (
            <span className="muted">+{intl.formatNumber(others.length - SHOWN)}</span>
          )}
        </span>
      )}
      <span className="viewers-text">{text}</span>
    </div>
  )
}

/** Above the field, where one would write the same again. */
export function WritersWarning({ others }: { others: Viewer[] }) {
  const { intl } = useLanguage()
  const t = useT()
  const writing = others.filter(({ state }) => state === 'writing')
  if (writing.length === 0) return null
  const names = intl.formatList(
    writing.map(({ name }) => `\u2068${name}\u2069`),
    { type: 'conjunction' },
  )
  // The line at the top has said it already.
  return (
    <p className="note composer-writers">
      <Icon name="users" />
      <span>{t('viewers.composer', { names, count: writing.length })}</span>
    </p>
  )
}
