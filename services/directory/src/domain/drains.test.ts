import { describe, expect, it } from 'vitest'
import { drainsOf } from './drains.ts'
import { anAccount } from './examples.ts'
import type { Agent, Department, DirectoryState } from './model.ts'
