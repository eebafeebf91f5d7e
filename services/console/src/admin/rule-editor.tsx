import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { get, patch, post, remove } from '../api/client.ts'
import { type NamedPath, namedThingsQuery, useDirectory } from '../api/queries.ts'
import type { Condition, Rule, RuleAction } from '../api/types.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import { RelativeTime } from '../i18n/time.tsx'
import { actorName } from '../ticket/actor.ts'
import { Button, Checkbox, IconButton, Select, TextField } from '../ui/controls.tsx'
import { explain } from '../ui/feedback.tsx'
import { Icon } from '../ui/icons.tsx'
import { DryRunPanel } from './dry-run.tsx'
import { durationOf, linesOf, minutesOf } from './forms.ts'
import { EditorForm } from './parts.tsx'
import {
  ACTIONS,
  actionOf,
  conditionOn,
  ENUMS,
  EVENT_TRIGGERS,
  FIELDS,
  isChoice,
  isComplete,
  isTimed,
  isWhole,
  LOWEST_LEVEL,
  NOTIFY_TARGETS,
  opsOf,
  sentAction,
  skillsOf,
  TIME_TRIGGERS,
  targetOf,
  withOp,
} from './rule-model.ts'
import { restorable } from './rule-text.ts'
import { nameOf } from './rule-words.ts'
import { Skills } from './skills.tsx'
import { changesOf, conflictsOf } from './stale.ts'

const LIST = '/configuration/rules'

const FIELD_LABELS = {
  active: 'rule.active',
  name: 'field.name',
  notes: 'rule.notes',
  trigger: 'rule.trigger',
  conditions: 'rule.conditions',
  actions: 'rule.actions',
} as const

export function RuleForm(props: { rule: Rule | undefined; onTakeTheirs?: () => void }) {
  // What was there when the editing began; what others save in between is compared with it.
  const [rule] = useState(props.rule)
  const { t, word } = useLanguage()
  const directory = useDirectory()
  const [active, setActive] = useState(rule?.active ?? true)
  const [name, setName] = useState(rule?.name ?? '')
  const [notes, setNotes] = useState(rule?.notes ?? '')
  const [trigger, setTrigger] = useState(rule?.trigger.type ?? 'ticket_created')
  const [after, setAfter] = useState(String(minutesOf(rule?.trigger.after) ?? 60))
  const [groups, setGroups] = useState<Condition[][]>(rule?.conditions ?? [])
  const [trying, setTrying] = useState(false)
  const [actions, setActions] = useState<RuleAction[]>(rule?.actions ?? [actionOf('transfer')])
  const timed = isTimed(trigger)
  const sent = actions.map(sentAction)
  const valid =
    name.trim() !== '' &&
    (!timed || Number(after) > 0) &&
    groups.flat().every(isComplete) &&
    sent.length > 0 &&
    sent.every(isWhole)
  const body = {
    active,
    name: name.trim(),
    notes: notes.trim(),
    trigger: { type: trigger, ...(timed && { after: durationOf(Number(after)) }) },
    conditions: groups.filter((group) => group.length > 0),
    actions: sent,
  }
  const setGroup = (at: number, group: Condition[]) =>
    setGroups(group.length > 0 ? groups.with(at, group) : groups.toSpliced(at, 1))
  return (
    <EditorForm
      back={LIST}
      invalidate="rules"
      valid={valid}
      save={() => (rule ? saveChanges(rule, body) : post('/rules', body))}
      stale={
        rule && {
          conflicts: async () => {
            const now = await get<Rule>(`/rules/${rule.id}`)
            return conflictsOf(restorable(rule), body, restorable(now)).map((key) => t(FIELD_LABELS[key]))
          },
          takeTheirs: () => props.onTakeTheirs?.(),
        }
      }
      remove={
        rule && {
          label: t('rule.delete'),
          text: t('rule.delete_text'),
          run: () => remove(`/rules/${rule.id}`),
        }
      }
    >
      {rule?.broken && (
        <p className="note note-error">
          <Icon name="alert" />
          <span dir="auto">
            {t('rule.broken')} {rule.broken}
          </span>
        </p>
      )}
      <section className="card">
        <Checkbox isSelected={active} onChange={setActive}>
          {t('rule.active')}
        </Checkbox>
        <TextField label={t('field.name')} value={name} onChange={setName} required maxLength={200} />
        <TextField label={t('rule.notes')} value={notes} onChange={setNotes} multiline rows={2} />
        {rule && (
          <p className="muted">
            {t('explain.version', { version: rule.version })} ·{' '}
            <RelativeTime at={rule.updatedAt} style="long" />
            {rule.updatedBy && (
              <>
                {' · '}
                <bdi>{actorName(rule.updatedBy, directory, t)}</bdi>
              </>
            )}
          </p>
        )}
      </section>
      <section className="card">
        <h2>{t('rule.trigger')}</h2>
        <div className="fields">
          <Select
            label={t('rule.apply_when')}
            value={trigger}
            onChange={setTrigger}
            options={[...EVENT_TRIGGERS, ...TIME_TRIGGERS].map((value) => ({
              value,
              label: word('trigger', value),
            }))}
          />
          {timed && (
            <TextField
              label={t('rule.after')}
              type="number"
              min="1"
              dir="ltr"
              value={after}
              onChange={setAfter}
              required
            />
          )}
        </div>
      </section>
      <section className="card">
        <h2>{t('rule.conditions')}</h2>
        {groups.length === 0 && <p className="muted">{t('rule.always')}</p>}
        {groups.map((group, at) => (
          <ConditionGroup key={at} number={at + 1} group={group} onChange={(next) => setGroup(at, next)} />
        ))}
        <div>
          <Button icon="plus" onPress={() => setGroups([...groups, [conditionOn('channel')]])}>
            {t('rule.add_group')}
          </Button>
        </div>
      </section>
      <section className="card">
        <h2>{t('rule.actions')}</h2>
        <ol className="stack">
          {actions.map((action, at) => (
            <li key={at} className="condition">
              <ActionFields
                action={action}
                number={at + 1}
                onChange={(next) => setActions(actions.with(at, next))}
                onRemove={() => setActions(actions.toSpliced(at, 1))}
              />
            </li>
          ))}
        </ol>
        <div>
          <Button icon="plus" onPress={() => setActions([...actions, actionOf('set_priority')])}>
            {t('rule.add_action')}
          </Button>
        </div>
      </section>
      {trying ? (
        <section aria-label={t('dry_run.title')} className="stack">
          <h2>{t('dry_run.title')}</h2>
          <p className="muted">{t('dry_run.text')}</p>
          <DryRunPanel draft={{ id: rule?.id, version: rule?.version, ...body }} valid={valid} />
        </section>
      ) : (
        <div>
          <Button icon="history" onPress={() => setTrying(true)}>
            {t('dry_run.open')}
          </Button>
        </div>
      )}
    </EditorForm>
  )
}

/** Only what was changed is sent, so that it makes a version, and nothing of others is written over. */
async function saveChanges(rule: Rule, body: ReturnType<typeof restorable>): Promise<unknown> {
  const changes = changesOf(restorable(rule), body)
  return Object.keys(changes).length > 0 ? patch(`/rules/${rule.id}`, changes) : undefined
}

function ConditionGroup(props: {
  number: number
  group: Condition[]
  onChange: (group: Condition[]) => void
}) {
  const { number, group, onChange } = props
  const t = useT()
  return (
    <fieldset className="group">
      <legend>{number === 1 ? t('rule.group', { number }) : t('rule.or_group', { number })}</legend>
      {group.map((condition, at) => (
        <div key={at} className="condition">
          <ConditionFields
            condition={condition}
            onChange={(next) => onChange(group.with(at, next))}
            onRemove={() => onChange(group.toSpliced(at, 1))}
          />
        </div>
      ))}
      <div>
        <Button size="small" icon="plus" onPress={() => onChange([...group, conditionOn('subject')])}>
          {t('rule.add_condition')}
        </Button>
      </div>
    </fieldset>
  )
}

interface ConditionProps {
  condition: Condition
  onChange: (condition: Condition) => void
  onRemove: () => void
}

function ConditionFields({ condition, onChange, onRemove }: ConditionProps) {
  const { t, word } = useLanguage()
  const { field, op } = condition
  const custom = field.startsWith('fields.')
  return (
    <>
      <div className="condition-parts">
        <Select
          label={t('rule.field')}
          hideLabel
          value={custom ? 'fields.' : field}
          onChange={(next) => onChange(conditionOn(next))}
          options={[...FIELDS, 'fields.'].map((value) => ({
            value,
            label: word('rule_field', value.replaceAll('.', '_')),
          }))}
        />
        {custom && (
          <input
            className="input"
            dir="auto"
            value={field.slice('fields.'.length)}
            aria-label={t('rule.field_name')}
            placeholder={t('rule.field_name')}
            onChange={({ target }) => onChange({ ...condition, field: `fields.${target.value}` })}
          />
        )}
        <Select
          label={t('rule.op')}
          hideLabel
          value={op}
          onChange={(next) => onChange(withOp(condition, next))}
          options={[...new Set([...opsOf(field), op])].map((value) => ({ value, label: word('op', value) }))}
        />
        <ConditionValue condition={condition} onChange={(value) => onChange({ ...condition, value })} />
      </div>
      <IconButton icon="close" label={t('rule.remove_condition')} onPress={onRemove} />
    </>
  )
}

function ConditionValue({
  condition,
  onChange,
}: {
  condition: Condition
  onChange: (value: unknown) => void
}) {
  const { t, word } = useLanguage()
  const directory = useDirectory()
  const { field, op, value } = condition
  if (op === 'exists' || field === 'withinHours')
    return (
      <Select
        label={t('rule.value')}
        hideLabel
        value={value === false ? 'no' : 'yes'}
        onChange={(next) => onChange(next === 'yes')}
        options={[
          { value: 'yes', label: t('rule.yes') },
          { value: 'no', label: t('rule.no') },
        ]}
      />
    )
  if (isChoice(field)) {
    const known = ENUMS[field]
    const choices = known
      ? known.values.map((each) => ({ value: each, label: word(known.list, each) }))
      : (field === 'departmentId' ? directory.departments : directory.agents).map(({ id, name }) => ({
          value: id,
          label: name,
        }))
    if (op !== 'in')
      return (
        <Select
          label={t('rule.value')}
          hideLabel
          value={String(value ?? '')}
          onChange={onChange}
          options={[{ value: '', label: t('rule.choose'), disabled: true }, ...choices]}
        />
      )
    const chosen = Array.isArray(value) ? value : []
    return (
      <fieldset className="checks">
        <legend className="visually-hidden">{t('rule.value')}</legend>
        {choices.map((choice) => (
          <Checkbox
            key={choice.value}
            isSelected={chosen.includes(choice.value)}
            onChange={(yes) =>
              onChange(yes ? [...chosen, choice.value] : chosen.filter((each) => each !== choice.value))
            }
          >
            {choice.label}
          </Checkbox>
        ))}
      </fieldset>
    )
  }
  return (
    <input
      className="input"
      dir="auto"
      value={String(value ?? '')}
      aria-label={t('rule.value')}
      placeholder={t('rule.value')}
      onChange={({ target }) => onChange(target.value)}
    />
  )
}

interface ActionProps {
  action: RuleAction
  number: number
  onChange: (action: RuleAction) => void
  onRemove: () => void
}

function ActionFields({ action, number, onChange, onRemove }: ActionProps) {
  const { t, word } = useLanguage()
  return (
    <>
      <div className="condition-parts">
        <Select
          label={t('rule.action_number', { number })}
          hideLabel
          value={action.type}
          onChange={(type) => onChange(actionOf(type))}
          options={[...new Set([...ACTIONS, action.type])].map((value) => ({
            value,
            label: word('action_type', value),
          }))}
        />
        <ActionValue action={action} number={number} onChange={onChange} />
      </div>
      <IconButton icon="close" label={t('rule.remove_action')} onPress={onRemove} />
    </>
  )
}

function ActionValue({ action, number, onChange }: Omit<ActionProps, 'onRemove'>) {
  const { t, word } = useLanguage()
  const directory = useDirectory()
  const set = (change: Record<string, unknown>) => onChange({ ...action, ...change })
  const text = (name: string) => String(action[name] ?? '')
  const choose = { value: '', label: t('rule.choose'), disabled: true }
  const departments = directory.departments.map(({ id, name }) => ({ value: id, label: name }))
  const agents = directory.agents
    .filter(({ status }) => status === 'active')
    .map(({ id, name }) => ({ value: id, label: name }))
  const words = (list: string, values: readonly string[]) =>
    values.map((value) => ({ value, label: word(list, value) }))
  switch (action.type) {
    case 'transfer': {
      const members = directory
        .activeMembers(text('departmentId'))
        .map(({ id, name }) => ({ value: id, label: name }))
      return (
        <>
          <Select
            label={t('field.department')}
            hideLabel
            value={text('departmentId')}
            onChange={(departmentId) => onChange({ type: 'transfer', departmentId })}
            options={[choose, ...departments]}
          />
          <Select
            label={t('field.agent')}
            hideLabel
            value={text('agentId')}
            onChange={(agentId) =>
              onChange({ type: 'transfer', departmentId: text('departmentId'), ...(agentId && { agentId }) })
            }
            options={[{ value: '', label: t('name.nobody') }, ...members]}
          />
        </>
      )
    }
    case 'assign':
      return (
        <Select
          label={t('field.agent')}
          hideLabel
          value={text('agentId')}
          onChange={(agentId) => set({ agentId })}
          options={[choose, ...agents]}
        />
      )
    case 'set_status':
    case 'set_priority': {
      const name = action.type === 'set_status' ? 'status' : 'priority'
      return (
        <Select
          label={word('rule_field', name)}
          hideLabel
          value={text(name)}
          onChange={(value) => set({ [name]: value })}
          options={words(name, ENUMS[name]?.values ?? [])}
        />
      )
    }
    case 'postpone':
      return (
        <TextField
          label={t('rule.for_minutes')}
          type="number"
          min="1"
          dir="ltr"
          value={String(minutesOf(text('for')) ?? '')}
          onChange={(value) => set({ for: Number(value) > 0 ? durationOf(Number(value)) : '' })}
        />
      )
    case 'add_tags':
    case 'remove_tags':
      return (
        <ListField
          label={t('field.tags')}
          value={action.tags as string[]}
          onChange={(tags) => set({ tags })}
        />
      )
    case 'require_skills':
      return (
        <Skills
          note={t('rule.skills_note')}
          field={`actions[${number - 1}].skills`}
          level={LOWEST_LEVEL}
          value={skillsOf(action)}
          onChange={(skills) => set({ skills })}
        />
      )
    case 'add_note':
      return (
        <TextField
          label={t('action.note')}
          value={text('body')}
          onChange={(body) => set({ body })}
          multiline
        />
      )
    case 'answer':
      return (
        <NamedThing
          path="/templates"
          label={t('rule.template')}
          value={text('template')}
          onChange={(template) => set({ template })}
        />
      )
    case 'webhook':
      return (
        <NamedThing
          path="/webhooks"
          label={t('rule.webhook')}
          value={text('webhookId')}
          onChange={(webhookId) => set({ webhookId })}
        />
      )
    case 'notify': {
      const target = targetOf(action)
      const address = target === 'departmentId' ? departments : target === 'agentId' ? agents : null
      return (
        <>
          <Select
            label={t('rule.notify_whom')}
            hideLabel
            value={target}
            onChange={(next) => onChange({ type: 'notify', [next]: '', text: text('text') })}
            options={words('notify_target', NOTIFY_TARGETS)}
          />
          {address ? (
            <Select
              label={word('notify_target', target)}
              hideLabel
              value={text(target)}
              onChange={(value) => set({ [target]: value })}
              options={[choose, ...address]}
            />
          ) : (
            <input
              className="input"
              dir="ltr"
              value={text(target)}
              aria-label={word('notify_target', target)}
              placeholder={target === 'email' ? 'ana@example.com' : '#support'}
              onChange={(event) => set({ [target]: event.target.value })}
            />
          )}
          <TextField
            label={t('rule.text')}
            value={text('text')}
            onChange={(value) => set({ text: value })}
            multiline
          />
        </>
      )
    }
    default:
      return null
  }
}

function ListField(props: { label: string; value: string[]; onChange: (value: string[]) => void }) {
  const { label, value, onChange } = props
  const [text, setText] = useState(value.join(', '))
  return (
    <input
      className="input"
      dir="auto"
      value={text}
      aria-label={label}
      placeholder={label}
      onChange={({ target }) => {
        setText(target.value)
        onChange(linesOf(target.value))
      }}
    />
  )
}

/** One of the account's things that have a name: a template, a webhook. */
function NamedThing(props: {
  path: NamedPath
  label: string
  value: string
  onChange: (id: string) => void
}) {
  const { path, label, value, onChange } = props
  const t = useT()
  const id = useId()
  const things = useQuery(namedThingsQuery(path))
  return (
    <>
      <Select
        label={label}
        hideLabel
        value={value}
        onChange={onChange}
        options={[
          { value: '', label: t('rule.choose'), disabled: true },
          ...(things.data ?? []).map((thing) => ({
            value: thing.id,
            label: nameOf(thing),
          })),
        ]}
      />
      {things.error && !things.data && <small className="field-error">{explain(things.error, t)}</small>}
      {things.data?.length === 0 && (
        <small id={id} className="muted">
          {t('rule.nothing_there')}
        </small>
      )}
    </>
  )
}
