import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Authorities and certificates of a test, as files `<name>.pem` and `<name>.key` in a folder of its own. */
export class TestCertificates {
  readonly folder = mkdtempSync(join(tmpdir(), 'onus-certificates-'))

  /** A new authority that signs itself. */
  authority(name: string): this {
    this.#openssl('req', '-x509', ...NEW_KEY, '-days', '2', '-subj', `/CN=${name}`, ...this.#out(name, 'pem'))
    return this
  }

  /** A certificate for this machine, signed by an authority of this folder. */
  issue(name: string, authority: string): this {
    writeFileSync(this.file('san.cnf'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n')
    this.#openssl('req', ...NEW_KEY, '-subj', `/CN=${name}`, ...this.#out(name, 'csr'))
    const signer = ['-CA', `${authority}.pem`, '-CAkey', `${authority}.key`, '-CAcreateserial']
    const lasts = ['-days', '2', '-extfile', 'san.cnf']
    this.#openssl('x509', '-req', '-in', `${name}.csr`, ...signer, ...lasts, '-out', `${name}.pem`)
    return this
  }

  /** The path of a file of this folder. */
  file(name: string): string {
    return join(this.folder, name)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #out(name: string, ending: string): string[] {
    return ['-keyout', `${name}.key`, '-out', `${name}.${ending}`]
  }

  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { cwd: this.folder, stdio: 'pipe' })
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
