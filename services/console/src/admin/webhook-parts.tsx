import { useDirectory } from '../api/queries.ts'
import type { WebhookWithSecret } from '../api/types.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import { ExactTime } from '../i18n/time.tsx'
import { Button, Checkbox, Segmented, Select, TextField } from '../ui/controls.tsx'
import { At, useFault } from '../ui/field-errors.tsx'
import { Dialog } from '../ui/overlay.tsx'
import { SecretText } from './parts.tsx'
import { ALL, allowedGroups, EVENT_GROUPS, shortType, type WebhookDraft } from './webhook-model.ts'

/** Where to, what of, and of which tickets. */
export function WebhookFields(props: {
  draft: WebhookDraft
  onChange: (next: WebhookDraft) => void
  /** A webhook that is there can be switched off. */
  existing?: boolean
}) {
  const { draft, onChange, existing } = props
  const t = useT()
  const { departments } = useDirectory()
  const change = (next: Partial<WebhookDraft>) => onChange({ ...draft, ...next })
  return (
    <>
      <section className="card">
        <At field="url">
          {(fault) => (
            <TextField
              label={t('webhook.url')}
              description={t('webhook.url_note')}
              type="url"
              dir="ltr"
              value={draft.url}
              onChange={(url) => change({ url })}
              required
              maxLength={2000}
              error={fault}
            />
          )}
        </At>
        {existing && (
          <Checkbox isSelected={draft.active} onChange={(active) => change({ active })}>
            {t('webhook.active')}
          </Checkbox>
        )}
        <At field="departmentId">
          {(fault) => (
            <Select
              label={t('profile.for_department')}
              description={t('webhook.department_note')}
              value={draft.departmentId}
              onChange={(departmentId) => change({ departmentId })}
              error={fault}
              options={[
                { value: '', label: t('profile.all_departments') },
                ...departments.map(({ id, name }) => ({ value: id, label: name })),
              ]}
            />
          )}
        </At>
      </section>
      <Events draft={draft} onChange={(events) => change({ events })} />
    </>
  )
}

function Events({ draft, onChange }: { draft: WebhookDraft; onChange: (next: string[]) => void }) {
  const { t, word } = useLanguage()
  const fault = useFault()('events')
  const { events, departmentId } = draft
  const all = events.includes(ALL)
  return (
    <section className="card">
      <h2>{t('webhook.events')}</h2>
      <Segmented
        label={t('webhook.which_events')}
        value={all ? 'all' : 'some'}
        onChange={(value) => onChange(value === 'all' ? [ALL] : [])}
        options={[
          { value: 'all', label: t('webhook.all_events') },
          { value: 'some', label: t('webhook.some_events') },
        ]}
      />
      {!all &&
        allowedGroups(departmentId).map((group) => (
          <fieldset className="checks" key={group}>
            <legend className="field-label">{word('event_group', group)}</legend>
            {EVENT_GROUPS[group].map((type) => (
              <Checkbox
                key={type}
                isSelected={events.includes(type)}
                onChange={(yes) => onChange(yes ? [...events, type] : events.filter((each) => each !== type))}
              >
                <code dir="ltr">{shortType(type)}</code>
              </Checkbox>
            ))}
          </fieldset>
        ))}
      {fault && <p className="field-error">{fault}</p>}
      <p className="field-note">
        <a href="/api/v1/asyncapi.json" target="_blank" rel="noreferrer">
          {t('webhook.documented')}
        </a>
      </p>
    </section>
  )
}

/** The secret that signs what is sent; it cannot be seen again. */
export function SecretDialog({ webhook, onClose }: { webhook: WebhookWithSecret; onClose: () => void }) {
  const t = useT()
  return (
    <Dialog title={t('webhook.secret')} onClose={onClose}>
      <div className="dialog-body">
        <p>{t('webhook.secret_once')}</p>
        <SecretText secret={webhook.secret} label={t('webhook.secret')} />
        {webhook.previousSecretUntil && (
          <p className="muted">
            {t('webhook.previous_until')} <ExactTime at={webhook.previousSecretUntil} />
          </p>
        )}
      </div>
      <footer className="dialog-foot">
        <Button look="primary" onPress={onClose}>
          {t('webhook.secret_kept')}
        </Button>
      </footer>
    </Dialog>
  )
}
