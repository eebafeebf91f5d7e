import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiError } from './api/client.ts'
import { App } from './app.tsx'
import { preloadCatalog } from './i18n/intl.tsx'
import { chooseLocale } from './i18n/locales.ts'
import { registerServiceWorker } from './install.ts'
import { applyTheme, localSettings } from './settings.ts'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import './styles/shell.css'

applyTheme()
preloadCatalog(chooseLocale([localSettings().locale, ...navigator.languages]))

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // Also without a network: a page says that it cannot be loaded, and is loaded when there is one again.
      networkMode: 'always',
      refetchOnReconnect: true,
      // Events keep what is shown true; what they missed is loaded again when they come back.
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retry: (count, error) =>
        count < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
    },
    // What is pressed without a network is refused at once, not done by itself when nobody expects it any more.
    mutations: { networkMode: 'always' },
  },
})

const root = document.getElementById('root')
if (!root) throw new Error('no root')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <Suspense fallback={null}>
        <App />
      </Suspense>
    </QueryClientProvider>
  </StrictMode>,
)
registerServiceWorker()
