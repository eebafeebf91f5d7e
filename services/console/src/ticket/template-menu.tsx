import { useQuery } from '@tanstack/react-query'
import { getAll } from '../api/client.ts'
import { useDirectory, useMe } from '../api/queries.ts'
import type { Ticket } from '../api/types.ts'
import { useT } from '../i18n/intl.tsx'
import { Button } from '../ui/controls.tsx'
import { ActionMenu } from '../ui/overlay.tsx'
import { filled, type Template } from './templates.ts'

/** More than these are looked for by name. */
const MOST_AT_A_GLANCE = 8

/** Puts one of the account's templates into what is being written. */
export function TemplateMenu({ ticket, onChoose }: { ticket: Ticket; onChoose: (text: string) => void }) {
  const t = useT()
  const me = useMe()
  const directory = useDirectory()
  const templates = useQuery({
    queryKey: ['/templates'],
    queryFn: () => getAll<Template>('/templates'),
    staleTime: 60_000,
  })
  // Also while it is tried again: what has the focus stays.
  if (!templates.data && templates.errorUpdateCount > 0)
    return (
      <Button
        look="quiet"
        size="small"
        icon="history"
        isPending={templates.isFetching}
        onPress={() => void templates.refetch()}
      >
        {t('template.failed')}
      </Button>
    )
  if (!templates.data || templates.data.length === 0) return null
  const values = {
    'ticket.number': ticket.number,
    'ticket.subject': ticket.subject,
    'contact.name': ticket.contact.name ?? ticket.contact.email,
    'agent.name': me.name,
    'department.name': directory.department(ticket.departmentId)?.name,
  }
  return (
    <ActionMenu
      label={t('template.insert')}
      filter={templates.data.length > MOST_AT_A_GLANCE ? t('template.filter') : undefined}
      trigger={
        <Button look="quiet" size="small">
          {t('template.insert')}
        </Button>
      }
      items={templates.data.map(({ id, name, body }) => ({
        id,
        label: name,
        onAction: () => onChoose(filled(body, values)),
      }))}
    />
  )
}
