/** A skill while somebody edits it. */
export interface SkillDraft {
  name: string
  level: number
}

/** Those that have a name, without blanks around it, as the API takes them. */
export const namedSkills = <T extends { name: string }>(skills: readonly T[]): T[] =>
  skills.map((skill) => ({ ...skill, name: skill.name.trim() })).filter(({ name }) => name !== '')

/** Whether a skill stands there more than once. */
export function isNamedTwice(skills: readonly { name: string }[]): boolean {
  const names = namedSkills(skills).map(({ name }) => name.toLowerCase())
  return new Set(names).size < names.length
}
