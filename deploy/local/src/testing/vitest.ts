import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ROOT } from '../paths.ts'

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

/** The part of vitest's JSON report that is counted. */
export interface Report {
  testResults: {
    name: string
    status: string
    message?: string
    assertionResults: { status: string; fullName: string; failureMessages?: string[] | null }[]
  }[]
}

/** What a run says of one suite: its counts, and a line for each test that failed or passed only when it was tried again. */
export interface SuiteResult {
  counts: Counts
  remarks: string[]
}

export const add = (a: Counts, b: Counts): Counts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
})

/** The line that a run ends with. */
export const describe = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`

/** Runs one vitest project, shows its output and answers what became of it; the report stays in a file. */
export async function runVitest(
  project: string,
  env: NodeJS.ProcessEnv,
  reportFile: string,
): Promise<SuiteResult> {
  const args = ['run', '--project', project, '--passWithNoTests']
  const reporters = ['--reporter', 'default', '--reporter', 'json', `--outputFile.json=${reportFile}`]
  const code = await new Promise<number>((resolve) => {
    const child = spawn(
      process.execPath,
      [join(ROOT, 'node_modules/vitest/vitest.mjs'), ...args, ...reporters],
      {
        cwd: ROOT,
        env,
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    )
    child.once('error', () => resolve(1))
    child.once('exit', (exitCode) => resolve(exitCode ?? 1))
  })
  const report = existsSync(reportFile) ? (JSON.parse(readFileSync(reportFile, 'utf8')) as Report) : null
  return { counts: count(report, code), remarks: remarks(report) }
}

/**
 * Counts a report. A file that failed without a failed test (it could not be loaded, or its hooks failed) is
 * one failure, and so is a run that failed without saying where.
 */
export function count(report: Report | null, exitCode: number): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const { status, assertionResults } of report?.testResults ?? []) {
    const statuses = assertionResults.map((result) => result.status)
    const failed = statuses.filter((each) => each === 'failed').length
    counts.passed += statuses.filter((each) => each === 'passed').length
    counts.failed += failed === 0 && status === 'failed' ? 1 : failed
    counts.skipped += statuses.filter((each) => each !== 'failed' && each !== 'passed').length
  }
  if (exitCode !== 0 && counts.failed === 0) counts.failed = 1
  return counts
}

const firstLine = (text: string | undefined): string => text?.split('\n', 1)[0]?.slice(0, 300) ?? ''

/** One line for each test that failed, and for each that passed at its second attempt only: those are not to be lost in a long log. */
export function remarks(report: Report | null): string[] {
  const lines: string[] = []
  for (const { name, status, message, assertionResults } of report?.testResults ?? []) {
    const file = relative(ROOT, name)
    for (const { status: result, fullName, failureMessages } of assertionResults) {
      const why = firstLine(failureMessages?.[0])
      if (result === 'failed') lines.push(`failed: ${file}: ${fullName}: ${why}`)
      else if (result === 'passed' && why !== '')
        lines.push(`passed at the second attempt: ${file}: ${fullName}: ${why}`)
    }
    if (status === 'failed' && !assertionResults.some((result) => result.status === 'failed'))
      lines.push(`failed: ${file}: ${firstLine(message)}`)
  }
  return lines
}
