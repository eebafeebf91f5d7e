import { NOTICE_CHANNELS, NOTICE_EVENTS } from '@onus/workflows-contract/notify'
import { memo, useState } from 'react'
import { useDirectory } from '../api/queries.ts'
import type { Agent, PreferenceRule, When } from '../api/types.ts'
import { useT, useWord } from '../i18n/intl.tsx'
import { Select } from '../ui/controls.tsx'
import { type Matrix, matrixOf, rulesOf } from './matrix.ts'

const WHENS: When[] = ['always', 'not_online', 'never']

/** Event by channel, for all departments or for one that differs. */
export const NotificationMatrix = memo(function NotificationMatrix(props: {
  /** Whose notices they are. */
  agent: Pick<Agent, 'role' | 'memberships'>
  rules: PreferenceRule[]
  onChange: (next: { rules: PreferenceRule[] }) => void
}) {
  const { agent, rules, onChange } = props
  const t = useT()
  const word = useWord()
  const directory = useDirectory()
  const [departmentId, setDepartmentId] = useState('')
  const matrix: Matrix = matrixOf(rules, departmentId || null)
  const seen = directory.departments.filter(
    ({ id }) => agent.role !== 'agent' || agent.memberships.some((each) => each.departmentId === id),
  )
  return (
    <>
      <Select
        label={t('profile.for_department')}
        value={departmentId}
        onChange={setDepartmentId}
        options={[
          { value: '', label: t('profile.all_departments') },
          ...seen.map(({ id, name }) => ({ value: id, label: name })),
        ]}
      />
      <div className="table-scroll">
        <table className="matrix">
          <caption className="visually-hidden">{t('profile.notifications')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('profile.event')}</th>
              {NOTICE_CHANNELS.map((channel) => (
                <th key={channel} scope="col">
                  {word('notice_channel', channel)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {NOTICE_EVENTS.map((event) => (
              <tr key={event}>
                <th scope="row">{word('event', event)}</th>
                {NOTICE_CHANNELS.map((channel) => {
                  const { when, inherited } = matrix(event, channel)
                  return (
                    <td key={channel} data-channel={word('notice_channel', channel)}>
                      <select
                        className={inherited ? 'input select matrix-inherited' : 'input select'}
                        value={when}
                        aria-label={t('profile.cell', {
                          event: word('event', event),
                          channel: word('notice_channel', channel),
                        })}
                        onChange={({ target: { value } }) =>
                          onChange({
                            rules: rulesOf(rules, {
                              event,
                              channel,
                              departmentId: departmentId || null,
                              when: value as When,
                            }),
                          })
                        }
                      >
                        {WHENS.map((value) => (
                          <option key={value} value={value}>
                            {word('when', value)}
                          </option>
                        ))}
                      </select>
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
})
