import type { Hours } from './hours.ts'
import type { Names } from './references.ts'

/** What an evaluation knows beside the ticket, read when it takes place. */
export interface Facts extends Names {
  now: Date
  /** Where a ticket is that no one has placed yet. */
  defaultDepartmentId: string
  department(id: string): { name: string; hours?: Hours } | undefined
  agent(id: string): { name: string; status: string; presence?: string } | undefined
  /** Of the past: whether nobody knows what a field was. Conditions on it do not hold. */
  isUnknown?(field: string): boolean
}
