import type { Agent, Department, DirectorySnapshot } from '@onus/proto/onus/v1/directory'
import { describe, expect, it } from 'vitest'
import { createDirectoryReader, directoryView } from './directory.ts'

const department = (id: string): Department => ({
  id,
  name: id,
  reopenPolicy: 'keep_if_available',
  onlyOwnerAnswers: false,
  membersMayTakeOver: false,
  addresses: [],
  createdAt: '',
})
const agent = (id: string, departments: string[], status = 'active'): Agent => ({
  id,
  name: id,
  email: '',
  role: 'agent',
  locale: 'en',
  timeZone: 'UTC',
  skills: [],
  memberships: departments.map((departmentId) => ({ departmentId })),
  status,
  presence: 'online',
  createdAt: '',
  leave: [],
})
const snapshot = (version: number, agents: Agent[]): DirectorySnapshot => ({
  accountId: 'a1',
  version,
  settings: {
    defaultDepartmentId: 'd1',
    routeAssignedToMe: false,
    reopenWindow: 'P7D',
    locale: 'en',
    timeZone: 'UTC',
    replyToClosed: 'reopen',
    name: 'Acme',
  },
  departments: [department('d1'), department('d2')],
  agents,
  offboardings: [{ id: 'o1', agentId: 'bob', successors: [], state: 'running' }],
})

describe('a directory view', () => {
  it('makes the only active agent a member of every department that exists', () => {
    const view = directoryView(snapshot(1, [agent('ann', ['d1']), agent('bob', ['d2'], 'suspended')]))
    expect(view.soloAgentId).toBe('ann')
    expect(view.isMember('ann', 'd2')).toBe(true)
    expect(view.isMember('ann', 'gone')).toBe(false)
    expect(view.isMember('bob', 'd2')).toBe(false)
    expect(view.membersOf('d2').map(({ id }) => id)).toEqual(['ann'])
    expect(view.departmentsOf('ann').map(({ id }) => id)).toEqual(['d1', 'd2'])
    expect(view.offboarding('bob')?.id).toBe('o1')
  })

  it('goes by membership when there are several', () => {
    const view = directoryView(snapshot(1, [agent('ann', ['d1']), agent('bob', ['d1', 'd2'])]))
    expect(view.soloAgentId).toBeNull()
    expect(view.isMember('ann', 'd2')).toBe(false)
    expect(view.membersOf('d1').map(({ id }) => id)).toEqual(['ann', 'bob'])
    expect(view.departmentsOf('ann').map(({ id }) => id)).toEqual(['d1'])
    expect(view.offboarding('bob')).toBeUndefined()
  })

  it('has no solo agent when nobody is active', () => {
    expect(directoryView(snapshot(1, [agent('ann', ['d1'], 'removed')])).soloAgentId).toBeNull()
  })
})

describe('a directory reader', () => {
  /** A directory whose answers wait until they are let go. */
  function fakeDirectory() {
    const calls: { knownVersion: number; answer: (version: number) => void }[] = []
    const client = {
      getSnapshot: (request: { knownVersion: number }) =>
        new Promise<never>((resolve) => {
          calls.push({
            knownVersion: request.knownVersion,
            answer: (version) =>
              resolve(
                (version === request.knownVersion
                  ? { unchanged: true }
                  : { unchanged: false, snapshot: snapshot(version, [agent('ann', ['d1'])]) }) as never,
              ),
          })
        }),
    }
    return { calls, reader: createDirectoryReader(client as never, 'test') }
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve))

  it('asks every time, and takes "unchanged" for an answer', async () => {
    const { calls, reader } = fakeDirectory()
    const first = reader.snapshot('a1')
    calls[0]?.answer(3)
    const view = await first
    const second = reader.snapshot('a1')
    expect(calls[1]?.knownVersion).toBe(3)
    calls[1]?.answer(3)
    expect(await second).toBe(view)
  })

  it('lets those who come during a question share the next one, not that one', async () => {
    const { calls, reader } = fakeDirectory()
    const first = reader.snapshot('a1')
    const others = [reader.snapshot('a1'), reader.snapshot('a1'), reader.snapshot('a1')]
    await turn()
    expect(calls).toHaveLength(1)
    calls[0]?.answer(1)
    expect((await first).version).toBe(1)
    await turn()
    expect(calls).toHaveLength(2)
    calls[1]?.answer(2)
    expect((await Promise.all(others)).map(({ version }) => version)).toEqual([2, 2, 2])
  })

  it('keeps accounts apart, and does not wait for ever', async () => {
    const { calls, reader } = fakeDirectory()
    const late = reader.snapshot('a1', { deadlineMs: 20 })
    void reader.snapshot('a2').catch(() => {})
    expect(calls).toHaveLength(2)
    await expect(late).rejects.toMatchObject({ reason: 'unavailable' })
  })
})
