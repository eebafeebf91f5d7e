import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { rulesQuery, useDirectory } from '../api/queries.ts'
import type { AuditEntry } from '../api/types.ts'
import { useLanguage } from '../i18n/intl.tsx'
import { ExactTime } from '../i18n/time.tsx'
import { actorName } from '../ticket/actor.ts'
import { Button, Select, TextField } from '../ui/controls.tsx'
import { AUDIT_KINDS, auditQuery, EVERYTHING, partsOf } from './audit-model.ts'
import { momentOf } from './away-model.ts'
import { Paged } from './paged.tsx'
import { DataTable } from './parts.tsx'

/** Who changed what in the set-up of the account, narrowed to who, what and when. */
export function AuditPage() {
  const { t, word, timeZone } = useLanguage()
  const directory = useDirectory()
  const [filter, setFilter] = useState(EVERYTHING)
  const change = (next: Partial<typeof filter>) => setFilter({ ...filter, ...next })
  const query = auditQuery(filter, (date) => momentOf({ date, time: '00:00' }, timeZone))
  const narrowed = query !== ''
  return (
    <>
      <search className="audit-filters" aria-label={t('audit.narrow')}>
        <Select
          label={t('explain.actor')}
          value={filter.actorId}
          onChange={(actorId) => change({ actorId })}
          options={[
            { value: '', label: t('audit.anybody') },
            ...directory.agents.map(({ id, name }) => ({ value: id, label: name })),
          ]}
        />
        <Select
          label={t('audit.entity')}
          value={filter.action}
          onChange={(action) => change({ action })}
          options={[
            { value: '', label: t('audit.anything') },
            ...AUDIT_KINDS.map((value) => ({ value, label: word('audit_kind', value) })),
          ]}
        />
        <TextField
          label={t('away.from')}
          type="date"
          dir="ltr"
          value={filter.since}
          onChange={(since) => change({ since })}
        />
        <TextField
          label={t('away.until')}
          type="date"
          dir="ltr"
          value={filter.until}
          onChange={(until) => change({ until })}
        />
        {narrowed && (
          <Button look="quiet" onPress={() => setFilter(EVERYTHING)}>
            {t('audit.show_all')}
          </Button>
        )}
      </search>
      <Paged<AuditEntry>
        key={query}
        path="/audit"
        query={query}
        empty={t(narrowed ? 'audit.none_such' : 'audit.none')}
      >
        {(entries) => (
          <Entries entries={entries} onOnly={(entityId) => setFilter({ ...EVERYTHING, entityId })} />
        )}
      </Paged>
    </>
  )
}

function Entries({ entries, onOnly }: { entries: AuditEntry[]; onOnly: (entityId: string) => void }) {
  const { t, word, intl } = useLanguage()
  const directory = useDirectory()
  const { data: rules } = useQuery(rulesQuery)
  const named = (id: string): { name: string; href?: string } | undefined => {
    const agent = directory.agent(id)
    if (agent) return { name: agent.name, href: `/configuration/agents/${id}` }
    const department = directory.department(id)
    if (department) return { name: department.name, href: `/configuration/departments/${id}` }
    const rule = rules?.find((each) => each.id === id)
    return rule && { name: rule.name, href: `/configuration/rules/${id}` }
  }
  return (
    <DataTable
      caption={t('admin.audit')}
      head={[t('audit.at'), t('explain.actor'), t('audit.action'), t('audit.entity'), t('audit.fields')]}
    >
      {entries.map((entry) => {
        const { kind, verb } = partsOf(entry.action)
        const found = named(entry.entityId)
        const id = `${entry.entityId.slice(0, 12)}…`
        return (
          <tr key={entry.id}>
            <td className="muted">
              <ExactTime at={entry.at} />
            </td>
            <th scope="row">
              <bdi>{actorName(entry.actor, directory, t)}</bdi>
            </th>
            <td>
              {word('audit_kind', kind)} · {word('audit_verb', verb)}
            </td>
            <td>
              {found?.href ? (
                <Link href={found.href}>
                  <bdi>{found.name}</bdi>
                </Link>
              ) : (
                <Button
                  size="small"
                  look="quiet"
                  aria-label={t('audit.only_this', { id })}
                  onPress={() => onOnly(entry.entityId)}
                >
                  <code dir="ltr">{id}</code>
                </Button>
              )}
            </td>
            <td className="muted">
              {intl.formatList(
                entry.fields.map((field) => word('audit_field', field)),
                { type: 'unit' },
              )}
            </td>
          </tr>
        )
      })}
    </DataTable>
  )
}
