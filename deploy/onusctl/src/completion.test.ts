import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { completionScript, nodesOf, SHELLS } from './completion.ts'
import { createProgram } from './program.ts'

const program = () => createProgram({ out: () => {}, err: () => {}, env: {}, tty: false }, () => {})

it('knows every command and option', () => {
  const nodes = nodesOf(program())
  expect(nodes.map(({ path }) => path.join(' '))).toContain('projection rebuild')
  const start = nodes.find(({ path }) => path.join(' ') === 'offboard start')
  expect(start?.options.flatMap(({ flags }) => flags)).toEqual(expect.arrayContaining(['--to', '--json']))
})

it.each(SHELLS)('is a script that %s can read, where it is there', (shell) => {
  const script = completionScript(program(), shell)
  expect(script).toContain('offboard')
  const checked = spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' })
  if (!checked.error) expect([checked.status, checked.stderr]).toEqual([0, ''])
})

it('completes commands, options and values in bash', () => {
  const complete = (...words: string[]) => {
    const line = words.map((word) => `'${word}'`).join(' ')
    const input = `${completionScript(program(), 'bash')}
COMP_WORDS=(onusctl ${line}); COMP_CWORD=${words.length}
_onusctl; printf '%s\\n' "\${COMPREPLY[@]}"`
    return spawnSync('bash', [], { input, encoding: 'utf8' }).stdout.trim().split('\n')
  }
  expect(complete('pro')).toEqual(['projection'])
  expect(complete('ticket', '')).toEqual(expect.arrayContaining(['explain', 'timeline', 'responsibility']))
  expect(complete('--json', 'projection', 'rebuild', '--fo')).toEqual(['--follow-log'])
  expect(complete('notices', 'list', '--state', 're')).toEqual(['retrying'])
})
