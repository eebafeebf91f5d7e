import { useMutation } from '@tanstack/react-query'
import { post } from '../api/client.ts'
import { useDirectory } from '../api/queries.ts'
import type { Notice } from '../api/types.ts'
import { useT, useWord } from '../i18n/intl.tsx'
import { RelativeTime } from '../i18n/time.tsx'
import { Button } from '../ui/controls.tsx'
import { explain, toast } from '../ui/feedback.tsx'
import { ApiWords } from '../ui/field-errors.tsx'
import { Icon } from '../ui/icons.tsx'
import './notices.css'

/** What a line of the ledger says, wherever it is shown. */

/** Whom it was for: an agent, or what a rule wrote to. */
export function useRecipientName({ agentId, slackChannel, emailDomain }: Notice['recipient']): string {
  const t = useT()
  const agent = useDirectory().agent(agentId)
  return agent?.name ?? slackChannel ?? (emailDomain ? `@${emailDomain}` : t('name.unknown_agent'))
}

/** What became of it, why nothing was sent, and when it is tried again. */
export function NoticeState({ notice: { state, reason, nextAttemptAt } }: { notice: Notice }) {
  const word = useWord()
  return (
    <>
      {word('notice_state', state)}
      {state === 'suppressed' && reason && <> · {word('suppressed', reason)}</>}
      {state === 'retrying' && nextAttemptAt && (
        <>
          {' '}
          <RelativeTime at={nextAttemptAt} />
        </>
      )}
    </>
  )
}

export const NoticeError = ({ error }: { error: string | undefined }) =>
  error ? (
    <small className="notice-error">
      <ApiWords>{error}</ApiWords>
    </small>
  ) : null

/** Sends what failed once more; until the list knows of it, the button waits. */
export function ResendButton({ notice, onSent }: { notice: Notice; onSent: () => Promise<unknown> }) {
  const t = useT()
  const word = useWord()
  const name = useRecipientName(notice.recipient)
  const resend = useMutation({
    mutationFn: () => post(`/notifications/${notice.id}/resend`),
    onSuccess: onSent,
    onError: (error) => toast(explain(error, t), { tone: 'error' }),
  })
  if (notice.state !== 'failed') return null
  return (
    <Button
      size="small"
      isPending={resend.isPending}
      aria-label={`${t('action.resend')}: ${name}, ${word('notice_channel', notice.channel)}`}
      onPress={() => resend.mutate()}
    >
      <Icon name="history" size={14} />
      {t('action.resend')}
    </Button>
  )
}
