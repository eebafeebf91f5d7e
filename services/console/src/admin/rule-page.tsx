import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, Route, Switch, useLocation } from 'wouter'
import { rulesQuery } from '../api/queries.ts'
import { useT } from '../i18n/intl.tsx'
import type { MessageId } from '../i18n/locales.ts'
import { LoadError, Spinner } from '../ui/feedback.tsx'
import { DryRunPage } from './dry-run.tsx'
import { RuleForm } from './rule-editor.tsx'
import { RuleVersions } from './rule-versions.tsx'
import { RuleWhy } from './rule-why.tsx'
import './rules.css'

const LIST = '/configuration/rules'
const PARTS: { path: string; label: MessageId }[] = [
  { path: '', label: 'rule.edit' },
  { path: '/versions', label: 'rule.versions' },
  { path: '/why', label: 'rule.why' },
]

/** One rule: what it says, what it said, and why it did what it did. */
export function RulePage({ id }: { id: string }) {
  const t = useT()
  const rules = useQuery(rulesQuery)
  const [location] = useLocation()
  const [begun, setBegun] = useState(0)
  if (id === 'dry-run') return <DryRunPage />
  if (id === 'new') return <RuleForm rule={undefined} />
  if (rules.isPending) return <Spinner />
  if (!rules.data) return <LoadError error={rules.error} retry={() => void rules.refetch()} />
  const rule = rules.data.find((each) => each.id === id)
  if (!rule) return <p>{t('not_found.text')}</p>
  const base = `${LIST}/${id}`
  return (
    <div className="rule-page">
      <nav className="rule-parts" aria-label={t('rule.parts_of', { name: rule.name })}>
        <h2>
          <bdi>{rule.name}</bdi>
        </h2>
        {PARTS.map(({ path, label }) => (
          <Link
            key={path}
            href={base + path}
            className="part"
            aria-current={location === base + path ? 'page' : undefined}
          >
            {t(label)}
          </Link>
        ))}
      </nav>
      <Switch>
        <Route path={`${base}/versions`}>
          <RuleVersions key={rule.version} id={id} />
        </Route>
        <Route path={`${base}/why`}>
          <RuleWhy id={id} />
        </Route>
        <Route>
          <RuleForm
            key={begun}
            rule={rule}
            onTakeTheirs={() => void rules.refetch().then(() => setBegun((before) => before + 1))}
          />
        </Route>
      </Switch>
    </div>
  )
}
