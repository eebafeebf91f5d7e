import { useQuery } from '@tanstack/react-query'
import { get } from '../api/client.ts'
import type { ConsoleConfig } from '../api/types.ts'
import { useT } from '../i18n/intl.tsx'
import { LOCALE_NAMES, LOCALES } from '../i18n/locales.ts'
import { changeLocalSettings } from '../settings.ts'
import { ErrorNote } from '../ui/feedback.tsx'
import { Icon } from '../ui/icons.tsx'
import { Brand } from './brand.tsx'

/** The only page for who is not signed in. */
export function SignInPage() {
  const t = useT()
  const config = useQuery({
    queryKey: ['console-config'],
    queryFn: () => get<ConsoleConfig>('/console/config'),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const query = new URLSearchParams(location.search)
  const problem = query.get('error')
  const again = query.has('again')
  const own = location.pathname === '/sign-in' ? '/' : location.pathname + location.search
  const signIn = config.data?.signIn
  const address =
    signIn && `${signIn.path}?returnTo=${encodeURIComponent(own)}${again || problem ? '&again' : ''}`
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <Brand />
        <h1>{t('sign_in.title')}</h1>
        {problem && (
          <p className="note note-error" role="alert">
            <Icon name="alert" />
            {t(problem === 'refused' ? 'sign_in.refused' : 'sign_in.unavailable')}
          </p>
        )}
        {config.error && <ErrorNote error={config.error} />}
        {address && (
          <a className="button button-primary sign-in-button" href={address}>
            {t('sign_in.action')}
          </a>
        )}
        {config.data && !signIn && <p>{t('sign_in.none')}</p>}
      </div>
      <nav className="sign-in-languages" aria-label={t('profile.language')}>
        {LOCALES.map((locale) => (
          <button key={locale} type="button" lang={locale} onClick={() => changeLocalSettings({ locale })}>
            {LOCALE_NAMES[locale]}
          </button>
        ))}
      </nav>
    </main>
  )
}

/** Ends the session here and at this browser; what the issuer remembers is asked about at the next sign-in. */
export async function signOut(): Promise<void> {
  // Notices are not for who comes after; a browser that cannot say so in time is asked again at the next sign-in.
  const { turnOff } = await import('../profile/push.ts')
  await Promise.race([turnOff().catch(() => {}), new Promise((resolve) => setTimeout(resolve, 2_000))])
  await fetch('/auth/logout', { method: 'POST' }).catch(() => {})
  location.assign('/sign-in?again')
}
