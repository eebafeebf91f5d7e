import { useLanguage } from '../i18n/intl.tsx'
import { Button, IconButton, Select, TextField } from '../ui/controls.tsx'
import { useFault } from '../ui/field-errors.tsx'
import { isNamedTwice, type SkillDraft } from './skill-model.ts'

const LEVELS = ['1', '2', '3', '4', '5'] as const

/** Skills with their levels: what an agent knows, or what a ticket needs. */
export function Skills(props: {
  note: string
  /** The API's field, whose fault is shown here. */
  field: string
  /** What another one begins with. */
  level: number
  value: SkillDraft[]
  onChange: (next: SkillDraft[]) => void
}) {
  const { note, field, level: first, value, onChange } = props
  const { t, word } = useLanguage()
  const fault = useFault()(field)
  const twice = isNamedTwice(value)
  const set = (at: number, next: Partial<SkillDraft>) =>
    onChange(value.map((each, index) => (index === at ? { ...each, ...next } : each)))
  return (
    <fieldset className="skills">
      <legend className="field-label">{t('agent.skills')}</legend>
      <p className="field-note">{note}</p>
      {value.map(({ name, level }, at) => (
        <div className="skill" key={at}>
          <TextField
            label={t('agent.skill')}
            hideLabel
            value={name}
            onChange={(next) => set(at, { name: next })}
            maxLength={64}
            autoFocus={name === ''}
          />
          <Select
            label={t('agent.level')}
            hideLabel
            value={String(level) as (typeof LEVELS)[number]}
            onChange={(next) => set(at, { level: Number(next) })}
            options={LEVELS.map((each) => ({ value: each, label: word('skill_level', each) }))}
          />
          <IconButton
            icon="close"
            size="small"
            label={t('agent.remove_skill', { name: name || t('agent.skill') })}
            onPress={() => onChange(value.filter((_, index) => index !== at))}
          />
        </div>
      ))}
      <div>
        <Button size="small" icon="plus" onPress={() => onChange([...value, { name: '', level: first }])}>
          {t('agent.add_skill')}
        </Button>
      </div>
      {(twice || fault) && (
        <span className="field-error" role="alert">
          {twice ? t('agent.skill_twice') : fault}
        </span>
      )}
    </fieldset>
  )
}
