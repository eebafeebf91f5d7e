import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { RuleExplanation } from '../admin/rule-explanation.tsx'
import { rulesQuery, useMe } from '../api/queries.ts'
import type { Ticket } from '../api/types.ts'
import { useT } from '../i18n/intl.tsx'
import { Select } from '../ui/controls.tsx'
import { LoadError, Spinner } from '../ui/feedback.tsx'
import { Dialog } from '../ui/overlay.tsx'

/** Why one of the account's rules acted on this ticket, or did not. */
export default function RuleDialog(props: { ticket: Ticket; ruleId: string | null; onClose: () => void }) {
  const { ticket, onClose } = props
  const t = useT()
  const me = useMe()
  const rules = useQuery(rulesQuery)
  const [chosen, setChosen] = useState(props.ruleId)
  const inOrder = rules.data?.toSorted((a, b) => a.position - b.position) ?? []
  const ruleId = chosen ?? inOrder[0]?.id
  const rule = inOrder.find(({ id }) => id === ruleId)
  return (
    <Dialog title={t('rule.why_rules')} onClose={onClose} wide>
      <div className="dialog-body explain">
        {rules.isPending ? (
          <Spinner />
        ) : !rules.data ? (
          <LoadError error={rules.error} retry={() => void rules.refetch()} />
        ) : inOrder.length === 0 ? (
          <p>{t('rule.none')}</p>
        ) : (
          <>
            <Select
              label={t('explain.rule')}
              value={ruleId ?? ''}
              onChange={setChosen}
              options={[
                ...(rule ? [] : [{ value: ruleId ?? '', label: t('explain.rule') }]),
                ...inOrder.map(({ id, name, position }) => ({ value: id, label: `${position}. ${name}` })),
              ]}
            />
            {rule ? (
              <RuleExplanation key={rule.id} ruleId={rule.id} ticketId={ticket.id}>
                {me.role !== 'agent' && (
                  <p className="row row-wrap">
                    <Link href={`/configuration/rules/${rule.id}`} onClick={onClose}>
                      {t('rule.open')}
                    </Link>
                    <Link href={`/configuration/rules/${rule.id}/versions`} onClick={onClose}>
                      {t('rule.versions')}
                    </Link>
                  </p>
                )}
              </RuleExplanation>
            ) : (
              <p>{t('rule.gone')}</p>
            )}
          </>
        )}
      </div>
    </Dialog>
  )
}
