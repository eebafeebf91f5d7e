import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
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

const PACKED = /\.(?:js|css|html|svg|webmanifest)$/

/** A packed copy beside each file that is worth it: the gateway sends that to browsers that take it. */
function packFiles(): Plugin {
  let folder = ''
  return {
    name: 'pack-files',
    apply: 'build',
    configResolved: ({ root, build }) => {
      folder = resolve(root, build.outDir)
    },
    closeBundle() {
      const params = { [constants.BROTLI_PARAM_QUALITY]: 9 }
      for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        if (!PACKED.test(file)) continue
        const path = join(folder, file)
        writeFileSync(`${path}.br`, brotliCompressSync(readFileSync(path), { params }))
      }
    },
  }
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [onlyOurLanguages(), react(), packFiles()],
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
  // The gateway takes changes from its own pages alone, so the origin is made the gateway's.
  server: {
    proxy: Object.fromEntries(
      ['/api', '/auth'].map((path) => [path, { target: api, headers: { origin: api } }]),
    ),
  },
})
