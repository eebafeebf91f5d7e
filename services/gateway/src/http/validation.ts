import type { z } from '@hono/zod-openapi'
import type { FieldProblem } from '@onus/kit/problems'

/** Names every field that a schema refused, with what to do about it. */
export function fieldProblems(error: z.ZodError, root: string): FieldProblem[] {
  return error.issues.flatMap((issue) => describe(issue, issue.path, root)).slice(0, 50)
}

function describe(issue: z.core.$ZodIssue, path: PropertyKey[], root: string): FieldProblem[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      field: fieldPath([...path, key.slice(0, 100)], root),
      message: 'Unknown field; remove it.',
    }))
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The alternative that came nearest says best what is wrong.
    const nearest = issue.errors.reduce((best, each) => (depth(each) > depth(best) ? each : best))
    return nearest.flatMap((inner) => describe(inner, [...path, ...inner.path], root))
  }
  return [{ field: fieldPath(path, root), message: issue.message }]
}

const depth = (issues: z.core.$ZodIssue[]): number =>
  Math.max(0, ...issues.map((issue) => issue.path.length + (issue.code === 'unrecognized_keys' ? 1 : 0)))

/** `memberships[0].departmentId`, or `root` for the value itself. */
function fieldPath(path: PropertyKey[], root: string): string {
  const text = path.reduce<string>((so, part) => {
    if (typeof part === 'number') return `${so}[${part}]`
    return so ? `${so}.${String(part)}` : String(part)
  }, '')
  return text || root
}
