import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { post } from '../api/client.ts'
import { useApplyTicket, useToSolve } from '../api/queries.ts'
import type { Ticket } from '../api/types.ts'
import { useLanguage } from '../i18n/intl.tsx'
import { Button } from '../ui/controls.tsx'
import { explain, toast } from '../ui/feedback.tsx'

/** Hands the agent the next ticket, claimed, and opens it. */
export function useNextTicket() {
  const { t } = useLanguage()
  const [, navigate] = useLocation()
  const apply = useApplyTicket()
  return useMutation({
    mutationFn: () => post<Ticket | null>('/me/to-solve/next'),
    onSuccess: (ticket) => {
      if (!ticket) return toast(t('to_solve.none'))
      apply(ticket)
      navigate(`/tickets/${ticket.id}`)
    },
    onError: (error) => toast(explain(error, t), { tone: 'error' }),
  })
}

/** The button with the live count of what waits for the agent. */
export function ToSolveButton() {
  const { t, intl } = useLanguage()
  const { data } = useToSolve()
  const next = useNextTicket()
  const count = data?.count
  return (
    <Button
      look="primary"
      className="to-solve"
      isPending={next.isPending}
      aria-keyshortcuts="n"
      onPress={() => next.mutate()}
    >
      <span>{t('to_solve.title')}</span>
      <span className="to-solve-count" aria-hidden="true">
        {count === undefined ? '…' : intl.formatNumber(count)}
      </span>
      {count !== undefined && <span className="visually-hidden">{t('to_solve.label', { count })}</span>}
    </Button>
  )
}

/** Says that more has come to be solved; that there is less, whoever solves it knows. */
export function ToSolveNews() {
  const { t } = useLanguage()
  const { data } = useToSolve()
  const count = data?.count
  const before = useRef(count)
  const [news, setNews] = useState<number | null>(null)
  useEffect(() => {
    if (count === undefined) return
    if (before.current !== undefined && count > before.current) setNews(count)
    before.current = count
  }, [count])
  return (
    <p className="visually-hidden" role="status">
      {news !== null && t('to_solve.news', { count: news })}
    </p>
  )
}
