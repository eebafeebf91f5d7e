// Plain JavaScript for whatever Node the machine has: installs what is missing, then hands over to the Node
// and the TypeScript of this repository. Usage: node deploy/local/bootstrap.mjs <script below src> [arguments]
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const MODULES = join(ROOT, 'node_modules')
const LOCK = join(ROOT, 'package-lock.json')

const [script, ...args] = process.argv.slice(2)

requireNode()
installPackages()
if (['start', 'test', 'bench'].includes(script)) requireTools()
run()

function requireNode() {
  const [major] = process.versions.node.split('.').map(Number)
  if (major < 20) fail(`Node ${process.versions.node} is too old; Onus needs Node 20 or later.`)
}

/** `npm ci`, when what is installed is not what the lock file says. */
function installPackages() {
  if (isInstalled()) return
  console.error('installing the packages of package-lock.json (npm ci)')
  const release = takeInstallLock()
  try {
    const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    if (npm.status !== 0) fail('npm ci failed; its output is above.')
  } finally {
    release()
  }
}

/** Compares npm's own record of what it installed with the lock file; optional packages may be missing. */
function isInstalled() {
  const record = join(MODULES, '.package-lock.json')
  if (!existsSync(record) || !existsSync(join(MODULES, '.bin', 'node'))) return false
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages
  const wanted = Object.entries(JSON.parse(readFileSync(LOCK, 'utf8')).packages)
  return wanted.every(([path, { version, link, optional, devOptional }]) => {
    if (!path.startsWith('node_modules/') || optional || devOptional) return true
    return link ? path in installed : installed[path]?.version === version
  })
}

/** Two starts at once must not install into one folder; the second is told to wait for the first. */
function takeInstallLock() {
  const folder = join(ROOT, '.onus')
  const file = join(folder, 'npm-ci.lock')
  mkdirSync(folder, { recursive: true })
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
  } catch {
    const owner = Number(readFileSync(file, 'utf8'))
    if (owner && isAlive(owner))
      fail(`Process ${owner} is installing the packages; start again when it is done.`)
    writeFileSync(file, String(process.pid))
  }
  return () => rmSync(file, { force: true })
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Says what is missing all at once, with what to install or which address to set instead. */
function requireTools() {
  const cache = join(process.env.XDG_CACHE_HOME || join(process.env.HOME || '', '.cache'), 'onus')
  const missing = []
  const { TEMPORAL_ADDRESS, KAFKA_BROKERS, MONGODB_URI } = process.env
  const builtTemporal = existsSync(join(cache, 'temporal-1.5.1', 'temporal'))
  if (!TEMPORAL_ADDRESS && !builtTemporal && !onPath('go')) {
    missing.push(
      'go      install Go 1.24 or later (builds the Temporal server once), or set TEMPORAL_ADDRESS',
    )
  }
  const tests = script === 'test'
  if (tests && !existsSync(join(cache, 'helm-3.19.5', 'helm')) && !onPath('go'))
    missing.push('go      install Go 1.24 or later (builds helm once, for the tests of the chart)')
  const needsStore = !MONGODB_URI && !onPath('mongod')
  const needsJava = tests || !KAFKA_BROKERS || needsStore
  const instead = tests ? '' : ', or set KAFKA_BROKERS and MONGODB_URI'
  if (needsJava && !onPath('java')) missing.push(`java    install a JDK 17 or later${instead}`)
  if (needsJava && onPath('java') && javaMajor() < 17) {
    missing.push(`java    this is version ${javaMajor()}; install a JDK 17 or later${instead}`)
  }
  if (needsStore && !onPath('javac')) {
    missing.push('javac   install a JDK 17 or later (the JRE is not enough), or mongod, or set MONGODB_URI')
  }
  if (needsJava && !onPath('mvn')) missing.push(`mvn     install Maven 3.8 or later${instead}`)
  if (missing.length > 0) fail(`This machine lacks:\n  ${missing.join('\n  ')}`)
}

/** The major version of the `java` on the PATH, as in `version "17.0.15"`; 17 when it does not say. */
function javaMajor() {
  const { stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' })
  return Number(/version "(?:1\.)?(\d+)/.exec(stderr || '')?.[1] ?? 17)
}

function onPath(command) {
  return (process.env.PATH || '').split(delimiter).some((folder) => existsSync(join(folder, command)))
}

/** Runs the script with the Node of this repository, and ends as it ends. */
function run() {
  const node = join(MODULES, '.bin', 'node')
  const bin = join(MODULES, '.bin')
  // kafkajs computes a timeout that is in the past; it means "at once" there.
  const flags = ['--disable-warning=TimeoutNegativeWarning']
  const child = spawn(node, [...flags, join(ROOT, 'deploy/local/src', `${script}.ts`), ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH || ''}` },
  })
  // A terminal sends Ctrl-C to the child as well, a program that started us may send it to us alone; a stop
  // that is asked for twice is one stop.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  // npm may be killed without a word; its child then gets another parent, and nobody could stop it any more.
  const parent = process.ppid
  const watch = () => {
    if (process.ppid !== parent) child.kill('SIGTERM')
  }
  if (process.env.npm_lifecycle_event) setInterval(watch, 1000).unref()
  child.once('exit', (code, signal) => {
    if (!signal) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
