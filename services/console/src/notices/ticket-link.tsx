import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { ApiError } from '../api/client.ts'
import { ticketQuery } from '../api/queries.ts'
import { useT } from '../i18n/intl.tsx'

/** The ticket by its number and subject, which a notice does not carry. */
export function TicketLink({ ticketId, onOpen }: { ticketId: string; onOpen?: () => void }) {
  const t = useT()
  // Events keep it true, and its name hardly ever changes.
  const { data, error } = useQuery({ ...ticketQuery(ticketId), staleTime: Number.POSITIVE_INFINITY })
  if (error instanceof ApiError && error.status === 404)
    return <span className="muted">{t('notices.gone')}</span>
  if (!data && !error) return <span className="muted">{t('state.loading')}</span>
  return (
    <Link href={`/tickets/${ticketId}`} onClick={onOpen}>
      {data ? (
        <>
          #{data.number} <bdi>{data.subject || t('ticket.no_subject')}</bdi>
        </>
      ) : (
        t('action.open')
      )}
    </Link>
  )
}
