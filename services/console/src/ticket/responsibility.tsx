import { useDirectory, useMe } from '../api/queries.ts'
import type { Ticket } from '../api/types.ts'
import { useT, useWord } from '../i18n/intl.tsx'
import { RelativeTime } from '../i18n/time.tsx'
import { Button } from '../ui/controls.tsx'
import { Avatar } from '../ui/feedback.tsx'
import { Icon } from '../ui/icons.tsx'

/** Who is responsible, since when and why: in sight as long as the ticket is. */
export function ResponsibilityBar({ ticket, onExplain }: { ticket: Ticket; onExplain: () => void }) {
  const t = useT()
  const word = useWord()
  const me = useMe()
  const directory = useDirectory()
  const { responsibility } = ticket
  const agent = directory.agent(ticket.agentId)
  const name = agent?.name ?? t('name.unknown_agent')
  return (
    <section className="responsibility" aria-label={t('responsibility.title')}>
      {/* Said when it changes; the time beside it changes by itself. */}
      <span className="contents" aria-live="polite" aria-atomic="true">
        <span className="responsibility-part">
          <Icon name="folder" />
          <bdi>{directory.department(ticket.departmentId)?.name ?? t('name.unknown_department')}</bdi>
        </span>
        <span
          className={ticket.agentId ? 'responsibility-part' : 'responsibility-part responsibility-nobody'}
        >
          {ticket.agentId ? <Avatar name={name} id={ticket.agentId} /> : <Icon name="user" />}
          {ticket.agentId ? (
            <bdi>{ticket.agentId === me.id ? t('agent.me', { name }) : name}</bdi>
          ) : (
            t('name.nobody')
          )}
          {agent && (
            <span
              className={`presence presence-${agent.presence}`}
              role="img"
              aria-label={word('presence', agent.presence)}
            />
          )}
        </span>
      </span>
      <span className="responsibility-why muted">
        {word('cause', responsibility.cause.type)} · <RelativeTime at={responsibility.since} />
      </span>
      <Button size="small" look="quiet" onPress={onExplain}>
        {t('responsibility.why')}
      </Button>
    </section>
  )
}
