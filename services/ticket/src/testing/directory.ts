import { type DirectoryReader, directoryView } from '@onus/kit/directory'
import { problems } from '@onus/kit/problems'
import type { Agent, Department, DirectorySnapshot, Settings } from '@onus/proto/onus/v1/directory'

export type Role = 'owner' | 'admin' | 'agent'

/** A directory in memory, for tests: changes are seen by the next reading, as with the real one. */
export class TestDirectory implements DirectoryReader {
  readonly #accounts = new Map<string, DirectorySnapshot>()

  /** An account whose default department is the first one that is added to it. */
  account(accountId: string): TestAccount {
    const snapshot: DirectorySnapshot = {
      accountId,
      version: 1,
      settings: {
        defaultDepartmentId: '',
        routeAssignedToMe: false,
        reopenWindow: 'P7D',
        locale: 'en',
        timeZone: 'Etc/UTC',
        replyToClosed: 'reopen',
        name: accountId,
      },
      departments: [],
      agents: [],
      offboardings: [],
    }
    this.#accounts.set(accountId, snapshot)
    return new TestAccount(snapshot)
  }

  async snapshot(accountId: string) {
    const snapshot = this.#accounts.get(accountId)
    if (!snapshot) throw problems.notFound('account', accountId)
    return directoryView(structuredClone(snapshot))
  }
}

export class TestAccount {
  readonly #snapshot: DirectorySnapshot

  constructor(snapshot: DirectorySnapshot) {
    this.#snapshot = snapshot
  }

  get id(): string {
    return this.#snapshot.accountId
  }

  settings(change: Partial<Settings>): void {
    Object.assign(this.#snapshot.settings ?? {}, change)
    this.#snapshot.version++
  }

  department(id: string, change: Partial<Department> = {}): string {
    this.#snapshot.departments.push({
      id,
      name: id,
      reopenPolicy: 'keep_if_available',
      onlyOwnerAnswers: false,
      membersMayTakeOver: false,
      addresses: [],
      distribution: { strategy: 'manual', on: ['new'] },
      createdAt: '2026-01-01T00:00:00.000Z',
      ...change,
    })
    if (this.#snapshot.settings?.defaultDepartmentId === '') this.settings({ defaultDepartmentId: id })
    return id
  }

  agent(id: string, role: Role, ...departmentIds: string[]): string {
    this.#snapshot.agents.push({
      id,
      name: id,
      email: `${id}@example.com`,
      role,
      locale: 'en',
      timeZone: 'Etc/UTC',
      skills: [],
      memberships: departmentIds.map((departmentId) => ({ departmentId })),
      status: 'active',
      presence: 'online',
      createdAt: '2026-01-01T00:00:00.000Z',
      leave: [],
    })
    this.#snapshot.version++
    return id
  }

  change(agentId: string, change: Partial<Agent>): void {
    const agent = this.#snapshot.agents.find(({ id }) => id === agentId)
    Object.assign(agent ?? {}, change)
    this.#snapshot.version++
  }
}
