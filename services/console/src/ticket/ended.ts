import type { Status } from '../api/types.ts'

const ENDED: ReadonlySet<Status> = new Set(['closed', 'spam', 'deleted'])

/** Nobody takes or gives such a ticket before it is opened again. */
export const isEnded = ({ status }: { status: Status }): boolean => ENDED.has(status)
