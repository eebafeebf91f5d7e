import type { Handlers } from '@onus/kit/grpc'
import { Problem } from '@onus/kit/problems'
import type { DirectoryServiceService } from '@onus/proto/onus/v1/directory'
import {
  createDepartment,
  deleteDepartment,
  findDepartment,
  updateDepartment,
} from '../domain/departments.ts'
import { Entry, idFor, type Parts } from './entry.ts'
import { pageOf } from './page.ts'

type Names =
  | 'createDepartment'
  | 'getDepartment'
  | 'listDepartments'
  | 'updateDepartment'
  | 'deleteDepartment'

export function departmentHandlers(parts: Parts): Pick<Handlers<DirectoryServiceService>, Names> {
  const entry = new Entry(parts)

  return {
    async createDepartment({ department, commandId }, { caller }) {
      const id = idFor(caller, 'department', commandId)
      const state = await entry.change(caller, 'setup', 'create departments', (before, { now }) =>
        before.departments.some((one) => one.id === id)
          ? before
          : createDepartment(before, department ?? {}, { id, now }),
      )
      return findDepartment(state, id)
    },

    async getDepartment({ departmentId }, { caller }) {
      const { state } = await entry.read(caller, 'read', 'see departments')
      return findDepartment(state, departmentId)
    },

    async listDepartments({ page }, { caller }) {
      const { state } = await entry.read(caller, 'read', 'see departments')
      return pageOf(state.departments, page)
    },

    async updateDepartment({ department, updateMask }, { caller }) {
      const id = department?.id ?? ''
      const state = await entry.change(caller, 'setup', 'change departments', (before) =>
        updateDepartment(before, id, department ?? {}, updateMask),
      )
      return findDepartment(state, id)
    },

    async deleteDepartment({ departmentId }, { caller }) {
      const { state } = await entry.read(caller, 'setup', 'delete departments')
      const { name } = findDepartment(state, departmentId)
      // Refused for what the directory knows before another service is asked.
      deleteDepartment(state, departmentId)
      if (await parts.hasTickets(state.accountId, departmentId)) {
        throw new Problem(
          'in-use',
          `"${name}" cannot be deleted: it has tickets. Transfer or delete them first.`,
        )
      }
      await entry.change(caller, 'setup', 'delete departments', (before) =>
        deleteDepartment(before, departmentId),
      )
      return {}
    },
  }
}
