import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useState } from 'react'
import { Redirect, Route, Switch, useLocation } from 'wouter'
import { ApiError, whenSignedOut } from './api/client.ts'
import { agentsQuery, departmentsQuery, meQuery } from './api/queries.ts'
import { LanguageProvider } from './i18n/intl.tsx'
import { chooseLocale } from './i18n/locales.ts'
import { SavedViewPage, TicketListPage } from './lists/page.tsx'
import { changeLocalSettings, localSettings, useLocalSettings } from './settings.ts'
import { ErrorBoundary } from './shell/boundary.tsx'
import { LeaveGuard } from './shell/leave-guard.tsx'
import { LiveProvider } from './shell/live.tsx'
import { NotFound } from './shell/not-found.tsx'
import { Shell } from './shell/shell.tsx'
import { SignInPage } from './shell/sign-in.tsx'
import { LoadError, Spinner } from './ui/feedback.tsx'

const TicketPage = lazy(() => import('./ticket/page.tsx'))
const NewTicketPage = lazy(() => import('./ticket/new-page.tsx'))
const AdminPages = lazy(() => import('./admin/pages.tsx'))
const InsightPages = lazy(() => import('./insight/page.tsx'))
const ProfilePage = lazy(() => import('./profile/page.tsx'))
const NoticesPage = lazy(() => import('./notices/page.tsx'))

/** Everything: who is signed in, in which language, and the page of the address. */
export function App() {
  const remembered = useLocalSettings().locale
  const me = useQuery(meQuery)
  const [signedOut, setSignedOut] = useState(false)
  useEffect(() => whenSignedOut(() => setSignedOut(true)), [])
  useEffect(() => {
    if (me.data) setSignedOut(false)
  }, [me.data])
  const own = me.data?.locale
  useEffect(() => {
    if (own && own !== localSettings().locale) changeLocalSettings({ locale: own })
  }, [own])
  const locale = chooseLocale([own, remembered, ...navigator.languages])
  const timeZone = me.data?.timeZone || Intl.DateTimeFormat().resolvedOptions().timeZone
  const refused = me.error instanceof ApiError && me.error.status === 401
  return (
    <LanguageProvider locale={locale} timeZone={timeZone}>
      <ErrorBoundary>
        {me.data ? (
          <LeaveGuard>
            <SignedIn signedOut={signedOut || refused} />
          </LeaveGuard>
        ) : refused ? (
          <SignInPage />
        ) : me.error ? (
          <LoadError error={me.error} retry={() => void me.refetch()} />
        ) : (
          <Spinner />
        )}
      </ErrorBoundary>
    </LanguageProvider>
  )
}

/** What stays in the page while its session has ended, so that nothing that was written is lost. */
function SignedIn({ signedOut }: { signedOut: boolean }) {
  const departments = useQuery(departmentsQuery)
  const agents = useQuery(agentsQuery)
  const [location] = useLocation()
  const error = departments.error ?? agents.error
  if (error && !(departments.data && agents.data))
    return (
      <LoadError error={error} retry={() => void Promise.all([departments.refetch(), agents.refetch()])} />
    )
  if (!departments.data || !agents.data) return <Spinner />
  return (
    <LiveProvider>
      <Shell signedOut={signedOut}>
        <ErrorBoundary key={location.split('/', 3).join('/')}>
          <Suspense fallback={<Spinner />}>
            <Switch>
              <Route path="/">
                <Redirect to="/lists/mine" replace />
              </Route>
              <Route path="/sign-in">
                <Redirect to="/lists/mine" replace />
              </Route>
              <Route path="/lists/department/:id">
                {({ id }) => <TicketListPage key={id} view="department" departmentId={id} />}
              </Route>
              <Route path="/lists/view/:id">{({ id }) => <SavedViewPage key={id} id={id} />}</Route>
              <Route path="/lists/:view">{({ view }) => <TicketListPage key={view} view={view} />}</Route>
              <Route path="/tickets/new">
                <NewTicketPage />
              </Route>
              <Route path="/tickets/:id">{({ id }) => <TicketPage key={id} id={id} />}</Route>
              <Route path="/configuration/*?">
                <AdminPages />
              </Route>
              <Route path="/insight/*?">
                <InsightPages />
              </Route>
              <Route path="/notifications">
                <NoticesPage />
              </Route>
              <Route path="/profile">
                <ProfilePage />
              </Route>
              <Route>
                <NotFound />
              </Route>
            </Switch>
          </Suspense>
        </ErrorBoundary>
      </Shell>
    </LiveProvider>
  )
}
