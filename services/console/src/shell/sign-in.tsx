import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiError, get } from '../api/client.ts'
import type { ConsoleConfig } from '../api/types.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import { LOCALE_NAMES, LOCALES } from '../i18n/locales.ts'
import { changeLocalSettings } from '../settings.ts'
import { Button, TextField } from '../ui/controls.tsx'
import { LoadError } from '../ui/feedback.tsx'
import { Icon } from '../ui/icons.tsx'
import { Brand } from './brand.tsx'

/** The only page for who is not signed in. */
export function SignInPage() {
  const { t, locale: language } = useLanguage()
  const config = useQuery({
    queryKey: ['console-config'],
    queryFn: () => get<ConsoleConfig>('/console/config'),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const query = new URLSearchParams(location.search)
  const problem = query.get('error')
  const again = query.has('again')
  const own = location.pathname === '/sign-in' ? '/' : location.pathname + location.search
  const account = query.get('account') ?? undefined
  const signIn = config.data?.signIn
  const login = (more: Record<string, string>) =>
    `/auth/login?${new URLSearchParams({ returnTo: own, ...(again || problem ? { again: '' } : {}), ...more })}`
  // A link to an account leads to its own issuer; who names none is led to the installation's, or to theirs of last time.
  const address = account ? login({ account }) : signIn ? login({}) : undefined
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <Brand />
        <h1>{t('sign_in.title')}</h1>
        <p className="sign-in-lead">{t('sign_in.lead')}</p>
        {problem && (
          <p className="note note-error" role="alert">
            <Icon name="alert" />
            {t(problem === 'refused' ? 'sign_in.refused' : 'sign_in.unavailable')}
          </p>
        )}
        {config.error && <LoadError error={config.error} retry={() => void config.refetch()} />}
        {address && (
          <a className="button button-primary sign-in-button" href={address}>
            {t('sign_in.action')}
          </a>
        )}
        {config.data && (
          <OwnIssuer onGo={(email) => location.assign(login({ login_hint: email }))} alone={!address} />
        )}
      </div>
      <nav className="sign-in-languages" aria-label={t('profile.language')}>
        {LOCALES.map((locale) => (
          <button
            key={locale}
            type="button"
            lang={locale}
            aria-pressed={locale === language}
            onClick={() => changeLocalSettings({ locale })}
          >
            {LOCALE_NAMES[locale]}
          </button>
        ))}
      </nav>
    </main>
  )
}

/** For people whose company has an issuer of its own: only the domain of their address decides which one. */
function OwnIssuer({ onGo, alone }: { onGo: (email: string) => void; alone: boolean }) {
  const t = useT()
  const [open, setOpen] = useState(alone)
  const [email, setEmail] = useState('')
  const ready = /^\S+@\S+$/.test(email.trim())
  if (!open)
    return (
      <Button look="quiet" onPress={() => setOpen(true)}>
        {t('sign_in.by_company')}
      </Button>
    )
  return (
    <form
      className="sign-in-company"
      onSubmit={(event) => {
        event.preventDefault()
        if (ready) onGo(email.trim())
      }}
    >
      <TextField
        label={t('sign_in.email')}
        description={t('sign_in.email_note')}
        type="email"
        dir="ltr"
        autoComplete="username"
        value={email}
        onChange={setEmail}
        autoFocus
        required
      />
      <Button type="submit" look={alone ? 'primary' : 'plain'} isDisabled={!ready}>
        {t('sign_in.continue')}
      </Button>
    </form>
  )
}

/** Ends the session here and at this browser; what the issuer remembers is asked about at the next sign-in. */
export async function signOut(): Promise<void> {
  // Notices are not for who comes after; a browser that cannot say so in time is asked again at the next sign-in.
  const { turnOff } = await import('../profile/push.ts')
  await Promise.race([turnOff().catch(() => {}), new Promise((resolve) => setTimeout(resolve, 2_000))])
  // Who is not heard is not signed out, and is not told so.
  const answer = await fetch('/auth/logout', { method: 'POST' }).catch(() => null)
  if (!answer || answer.status >= 500) throw new ApiError(answer?.status ?? 0, null)
  location.assign('/sign-in?again')
}
