import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** `ONUS_API=http://127.0.0.1:8080 vite` develops against a running stack; the gateway serves what is built. */
const api = process.env.ONUS_API ?? 'http://127.0.0.1:8080'

const LANGUAGES = /^(?:en-US|pt-BR|pt-PT|nl-NL|ru-RU|fr-FR|ar-AE)$/

/** React Aria brings its own few words in thirty languages; those that the console does not speak stay out. */
function onlyOurLanguages(): Plugin {
  return {
    name: 'only-our-languages',
    enforce: 'pre',
    load(id) {
      const [, locale] =
        /react-aria[^/]*\/dist\/.*\/intl\/[^/]+\/([a-z]{2}-[A-Z]{2})\.m?js$/.exec(id.split('?')[0] ?? '') ??
        []
      return locale && !LANGUAGES.test(locale) ? 'export default {}' : null
    },
  }
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [onlyOurLanguages(), react()],
  build: {
    outDir: process.env.CONSOLE_OUT ?? 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // The policy of our pages allows no inline script, and old browsers are not served anyway.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    manifest: true,
    reportCompressedSize: false,
  },
  server: { proxy: { '/api': api, '/auth': api } },
})
