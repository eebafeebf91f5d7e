import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import { get } from '../api/client.ts'
import { ticketQuery } from '../api/queries.ts'
import type { Page, Ticket } from '../api/types.ts'
import { useT } from '../i18n/intl.tsx'
import { Button, TextField } from '../ui/controls.tsx'
import { explain } from '../ui/feedback.tsx'
import { RuleExplanation } from './rule-explanation.tsx'

/** Why the rule acted on a ticket that one names by its number, or did not. */
export function RuleWhy({ id }: { id: string }) {
  const t = useT()
  const [location, navigate] = useLocation()
  const ticketId = new URLSearchParams(useSearch()).get('ticket')
  const ticket = useQuery({ ...ticketQuery(ticketId ?? ''), enabled: ticketId !== null })
  const [number, setNumber] = useState('')
  const [error, setError] = useState<string>()
  useEffect(() => {
    if (ticket.data) setNumber(ticket.data.number)
  }, [ticket.data])
  const find = async () => {
    const wanted = number.trim().replace(/^#/, '')
    setError(undefined)
    try {
      const { items } = await get<Page<Ticket>>(`/tickets?limit=50&q=${encodeURIComponent(wanted)}`)
      const found = items.find((each) => each.number === wanted || each.id === wanted)
      if (found) navigate(`${location}?ticket=${encodeURIComponent(found.id)}`, { replace: true })
      else setError(t('rule.no_such_ticket'))
    } catch (reason) {
      setError(explain(reason, t))
    }
  }
  return (
    <>
      <form
        className="card"
        onSubmit={(event) => {
          event.preventDefault()
          if (number.trim()) void find()
        }}
      >
        <p className="muted">{t('rule.why_text')}</p>
        <div className="why-ticket">
          <TextField
            label={t('rule.ticket_number')}
            value={number}
            onChange={setNumber}
            dir="ltr"
            maxLength={40}
            error={error}
          />
          <Button type="submit" look="primary" isDisabled={number.trim() === ''}>
            {t('rule.explain')}
          </Button>
        </div>
      </form>
      {ticketId && (
        <section className="card">
          {ticket.data && (
            <h2>
              <Link href={`/tickets/${ticket.data.id}`}>
                #{ticket.data.number} <bdi>{ticket.data.subject}</bdi>
              </Link>
            </h2>
          )}
          <RuleExplanation ruleId={id} ticketId={ticketId} />
        </section>
      )}
    </>
  )
}
