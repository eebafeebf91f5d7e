import { useQuery } from '@tanstack/react-query'
import { rulesQuery, useDirectory } from '../api/queries.ts'
import type { AuditEntry } from '../api/types.ts'
import { useT } from '../i18n/intl.tsx'
import { ExactTime } from '../i18n/time.tsx'
import { actorName } from '../ticket/actor.ts'
import { Paged } from './paged.tsx'
import { DataTable } from './parts.tsx'

/** Who changed what in the set-up of the account. */
export function AuditPage() {
  const t = useT()
  const directory = useDirectory()
  const { data: rules } = useQuery(rulesQuery)
  const nameOf = (id: string) =>
    directory.agent(id)?.name ?? directory.department(id)?.name ?? rules?.find((rule) => rule.id === id)?.name
  return (
    <Paged<AuditEntry> path="/audit" empty={t('audit.none')}>
      {(entries) => (
        <DataTable
          caption={t('admin.audit')}
          head={[t('audit.at'), t('explain.actor'), t('audit.action'), t('audit.entity'), t('audit.fields')]}
        >
          {entries.map((entry) => (
            <tr key={entry.id}>
              <td className="muted">
                <ExactTime at={entry.at} />
              </td>
              <th scope="row">
                <bdi>{actorName(entry.actor, directory, t)}</bdi>
              </th>
              <td dir="ltr">
                <code>{entry.action}</code>
              </td>
              <td>
                {nameOf(entry.entityId) ? (
                  <bdi>{nameOf(entry.entityId)}</bdi>
                ) : (
                  <code className="muted">{entry.entityId.slice(0, 12)}…</code>
                )}
              </td>
              <td dir="ltr" className="muted">
                {entry.fields.join(', ')}
              </td>
            </tr>
          ))}
        </DataTable>
      )}
    </Paged>
  )
}
