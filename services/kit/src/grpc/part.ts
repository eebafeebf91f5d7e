import type { DescribePartRequest, Part } from '@onus/proto/onus/v1/operations'
import { rfc3339 } from '../clock.ts'
import type { ThisPart } from '../part.ts'
import { problems } from '../problems.ts'
import type { CallContext } from './context.ts'

/** Says what a process is and whether it is able to work, to operators and to our own services. */
export const partHandlers = (part: ThisPart) => ({
  async describePart(_: DescribePartRequest, { caller }: CallContext): Promise<Part> {
    if (caller.type !== 'operator' && caller.type !== 'system')
      throw problems.forbidden('look at the parts of the installation')
    const { ok, problems: wrong } = await part.ready()
    return {
      name: part.name,
      version: part.version,
      ready: ok,
      problems: wrong,
      startedAt: rfc3339(part.startedAt),
    }
  },
})
