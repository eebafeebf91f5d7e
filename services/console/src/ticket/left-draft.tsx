import { useRef } from 'react'
import { useMe } from '../api/queries.ts'
import { useT } from '../i18n/intl.tsx'
import { Button } from '../ui/controls.tsx'
import { CopyButton } from '../ui/copy.tsx'
import { isEmptyDraft, useDraft } from './drafts.ts'

/** What its writer had begun about a ticket that they cannot open any more: to be taken elsewhere or thrown away. */
export function LeftDraft({ ticketId }: { ticketId: string }) {
  const t = useT()
  const { draft, discard } = useDraft(useMe().id, ticketId)
  const field = useRef<HTMLTextAreaElement>(null)
  if (isEmptyDraft(draft)) return null
  return (
    <section className="left-draft">
      <label htmlFor="left-draft">{t('draft.left')}</label>
      <textarea
        id="left-draft"
        ref={field}
        className="input"
        dir="auto"
        rows={6}
        readOnly
        value={draft.text}
      />
      {draft.attachments.length > 0 && (
        <ul>
          {draft.attachments.map(({ id, name }) => (
            <li key={id}>
              <bdi>{name}</bdi>
            </li>
          ))}
        </ul>
      )}
      <div className="row-actions">
        <CopyButton from={field} />
        <Button onPress={() => void discard()}>{t('draft.discard')}</Button>
      </div>
    </section>
  )
}
