/** The ids with one of them a step further up or down. */
export function moved(ids: string[], id: string, step: -1 | 1): string[] {
  const at = ids.indexOf(id)
  const to = at + step
  if (at < 0 || to < 0 || to >= ids.length) return ids
  return ids.toSpliced(at, 1).toSpliced(to, 0, id)
}
