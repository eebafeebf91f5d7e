import { useEffect, useRef } from 'react'
import { Link, Redirect, Route, Switch, useLocation } from 'wouter'
import { useMe } from '../api/queries.ts'
import { useT } from '../i18n/intl.tsx'
import type { MessageId } from '../i18n/locales.ts'
import { NotFound } from '../shell/not-found.tsx'
import { Page } from '../shell/page.tsx'
import { AgentEditorPage, AgentsPage } from './agents.tsx'
import { AuditPage } from './audit.tsx'
import { DepartmentEditorPage, DepartmentsPage } from './departments.tsx'
import { GeneralPage } from './general.tsx'
import { IntegrationsPage } from './integrations.tsx'
import { ApiKeysPage } from './keys.tsx'
import { LeavingPage } from './leaving.tsx'
import { LedgerPage } from './ledger.tsx'
import { MailsPage } from './mails.tsx'
import { RulePage } from './rule-page.tsx'
import { RulesPage } from './rules.tsx'
import { TemplatesPage } from './templates.tsx'
import { WebhookPage } from './webhook-page.tsx'
import { NewWebhookPage, WebhooksPage } from './webhooks.tsx'
import '../profile/profile.css'
import './admin.css'

const TABS: { path: string; label: MessageId }[] = [
  { path: 'general', label: 'admin.general' },
  { path: 'departments', label: 'shell.departments' },
  { path: 'agents', label: 'admin.agents' },
  { path: 'rules', label: 'admin.rules' },
  { path: 'templates', label: 'template.title' },
  { path: 'webhooks', label: 'admin.webhooks' },
  { path: 'integrations', label: 'admin.integrations' },
  { path: 'keys', label: 'admin.keys' },
  { path: 'mails', label: 'admin.mails' },
  { path: 'notices', label: 'admin.notices' },
  { path: 'audit', label: 'admin.audit' },
]

/** What owners and admins set up. */
export default function AdminPages() {
  const t = useT()
  const me = useMe()
  const [location] = useLocation()
  const tabs = useRef<HTMLElement>(null)
  const tab = location.split('/', 3)[2]
  // On a phone the tabs are wider than the window.
  useEffect(() => {
    if (!tab) return
    const show = () =>
      tabs.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
    show()
    // A phone that is turned.
    window.addEventListener('resize', show)
    return () => window.removeEventListener('resize', show)
  }, [tab])
  if (me.role === 'agent') return <NotFound />
  const current = TABS.find(({ path }) => location.startsWith(`/configuration/${path}`))
  return (
    <Page title={current ? t(current.label) : t('admin.title')}>
      <nav ref={tabs} className="tabs" aria-label={t('admin.title')}>
        {TABS.map(({ path, label }) => (
          <Link
            key={path}
            href={`/configuration/${path}`}
            className="tab"
            aria-current={current?.path === path ? 'page' : undefined}
          >
            {t(label)}
          </Link>
        ))}
      </nav>
      <section
        className="page-scroll"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        aria-label={current ? t(current.label) : t('admin.title')}
      >
        <Switch>
          <Route path="/configuration">
            <Redirect to="/configuration/general" replace />
          </Route>
          <Route path="/configuration/general">
            <GeneralPage />
          </Route>
          <Route path="/configuration/departments">
            <DepartmentsPage />
          </Route>
          <Route path="/configuration/departments/:id">
            {({ id }) => <DepartmentEditorPage key={id} id={id} />}
          </Route>
          <Route path="/configuration/agents">
            <AgentsPage />
          </Route>
          <Route path="/configuration/agents/:id">{({ id }) => <AgentEditorPage key={id} id={id} />}</Route>
          <Route path="/configuration/agents/:id/leaving">
            {({ id }) => <LeavingPage key={id} id={id} />}
          </Route>
          <Route path="/configuration/rules">
            <RulesPage />
          </Route>
          <Route path="/configuration/rules/:id/*?">{({ id }) => <RulePage key={id} id={id} />}</Route>
          <Route path="/configuration/templates">
            <TemplatesPage />
          </Route>
          <Route path="/configuration/webhooks">
            <WebhooksPage />
          </Route>
          <Route path="/configuration/webhooks/new">
            <NewWebhookPage />
          </Route>
          <Route path="/configuration/webhooks/:id">{({ id }) => <WebhookPage key={id} id={id} />}</Route>
          <Route path="/configuration/integrations">
            <IntegrationsPage />
          </Route>
          <Route path="/configuration/keys">
            <ApiKeysPage />
          </Route>
          <Route path="/configuration/mails">
            <MailsPage />
          </Route>
          <Route path="/configuration/notices">
            <LedgerPage />
          </Route>
          <Route path="/configuration/audit">
            <AuditPage />
          </Route>
          <Route>
            <p>{t('not_found.text')}</p>
          </Route>
        </Switch>
      </section>
    </Page>
  )
}
