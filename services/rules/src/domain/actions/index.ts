import type { ActionKind } from './action.ts'
import { addNote, answer, notify, webhook } from './messages.ts'
import { addTags, postpone, removeTags, requireSkills, setPriority, setStatus, stop } from './properties.ts'
import { assign, release, transfer } from './responsibility.ts'

export { type ActionKind, type Decided, nothingDecided } from './action.ts'

export const STOP = stop.type
export const ANSWER = answer.type

export const ACTIONS: ReadonlyMap<string, ActionKind> = new Map(
  [
    transfer,
    assign,
    release,
    setStatus,
    postpone,
    setPriority,
    addTags,
    removeTags,
    requireSkills,
    addNote,
    answer,
    notify,
    webhook,
    stop,
  ].map((kind) => [kind.type, kind]),
)
