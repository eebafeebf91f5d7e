import { type ReactNode, useState } from 'react'
import { post } from '../api/client.ts'
import { useApplyTicket, useDirectory, useMe } from '../api/queries.ts'
import type { Agent, Ticket } from '../api/types.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import { isolated } from '../i18n/isolated.ts'
import { Button, Select, TextField } from '../ui/controls.tsx'
import { explain, toast, winnerOf } from '../ui/feedback.tsx'
import { Icon } from '../ui/icons.tsx'
import { FormDialog } from '../ui/overlay.tsx'
import { rightsOf } from './access.ts'
import { awayNow } from './away.ts'
import { fromLocalInput, postponeChoices, toLocalInput } from './postpone.ts'

/** A dialog that a command needs before it can be given. */
export type CommandDialog =
  | 'assign'
  | 'transfer'
  | 'take_over'
  | 'return'
  | 'postpone'
  | 'close'
  | 'spam'
  | 'delete'

/** Gives a command; the ticket that it answers is shown at once. */
export function useCommand(ticket: Ticket) {
  const t = useT()
  const directory = useDirectory()
  const apply = useApplyTicket()
  const [busy, setBusy] = useState<string | null>(null)
  const give = async (name: string, body: Record<string, unknown> = {}): Promise<Ticket> => {
    const changed = await post<Ticket>(`/tickets/${ticket.id}/${name}`, {
      ...body,
      expectedRevision: ticket.responsibility.revision,
    })
    apply(changed)
    return changed
  }
  /** The same for a button, which has no place of its own for a refusal. */
  const run = async (name: string, done: string) => {
    setBusy(name)
    try {
      await give(name)
      toast(done)
    } catch (error) {
      const winner = winnerOf(error, directory)
      toast(winner?.name ? t('claim.lost', { name: winner.name }) : explain(error, t), { tone: 'error' })
    } finally {
      setBusy(null)
    }
  }
  return { give, run, busy }
}

interface DialogProps {
  ticket: Ticket
  give: (name: string, body?: Record<string, unknown>) => Promise<Ticket>
  onClose: () => void
}

export function CommandDialogs(props: DialogProps & { open: CommandDialog }) {
  switch (props.open) {
    case 'assign':
      return <AssignDialog {...props} />
    case 'transfer':
      return <TransferDialog {...props} />
    case 'take_over':
      return <TakeOverDialog {...props} />
    case 'return':
      return <ReturnDialog {...props} />
    case 'postpone':
      return <PostponeDialog {...props} />
    default:
      return <ConfirmDialog {...props} command={props.open} />
  }
}

const useAgentLabel = () => {
  const { t, word, listed } = useLanguage()
  const me = useMe()
  const now = Date.now()
  return (agent: Agent) =>
    t('agent.option', {
      name: agent.id === me.id ? t('agent.me', { name: agent.name }) : agent.name,
      presence: listed([
        word('presence', agent.presence),
        ...awayNow(agent, now).map((each) => word('candidate', each)),
      ]),
    })
}

const PRESENCE_ORDER = ['online', 'away', 'offline']

/** Who is here comes first. */
const byPresence = (agents: Agent[]): Agent[] =>
  agents.toSorted((a, b) => PRESENCE_ORDER.indexOf(a.presence) - PRESENCE_ORDER.indexOf(b.presence))

function AssignDialog({ ticket, give, onClose }: DialogProps) {
  const t = useT()
  const directory = useDirectory()
  const label = useAgentLabel()
  const members = byPresence(directory.activeMembers(ticket.departmentId)).filter(
    ({ id }) => id !== ticket.agentId,
  )
  const [agentId, setAgentId] = useState('')
  return (
    <FormDialog
      title={t('assign.title')}
      submit={t('action.assign')}
      disabled={agentId === ''}
      onClose={onClose}
      onSubmit={async () => {
        await give('assign', { agentId })
        toast(t('assign.done', { name: directory.agent(agentId)?.name ?? '' }))
      }}
    >
      <Select
        label={t('field.agent')}
        value={agentId}
        onChange={setAgentId}
        options={[
          { value: '', label: t('assign.choose'), disabled: true },
          ...members.map((agent) => ({ value: agent.id, label: label(agent) })),
        ]}
        description={members.length === 0 ? t('assign.nobody') : undefined}
      />
    </FormDialog>
  )
}

function TransferDialog({ ticket, give, onClose }: DialogProps) {
  const t = useT()
  const directory = useDirectory()
  const label = useAgentLabel()
  const mayAssign = rightsOf(useMe(), ticket, directory)('assign')
  const [departmentId, setDepartmentId] = useState('')
  const [agentId, setAgentId] = useState('')
  const [note, setNote] = useState('')
  const target = directory.department(departmentId)
  // Within its department a ticket cannot be transferred, only assigned to somebody else.
  const within = departmentId === ticket.departmentId
  const members = byPresence(target ? directory.activeMembers(target.id) : []).filter(
    ({ id }) => !within || id !== ticket.agentId,
  )
  const distributes =
    target && target.distribution.strategy !== 'manual' && target.distribution.on?.includes('transferred')
  return (
    <FormDialog
      title={t('transfer.title')}
      submit={t(within ? 'action.assign' : 'action.transfer')}
      disabled={departmentId === '' || (within && agentId === '')}
      onClose={onClose}
      onSubmit={async () => {
        if (within) {
          await give('assign', { agentId })
          toast(t('assign.done', { name: directory.agent(agentId)?.name ?? '' }))
          return
        }
        await give('transfer', {
          departmentId,
          ...(agentId && { agentId }),
          ...(note.trim() && { note: note.trim() }),
        })
        toast(t('transfer.done', { department: target?.name ?? '' }))
      }}
    >
      <Select
        label={t('field.department')}
        value={departmentId}
        onChange={(id) => {
          setDepartmentId(id)
          setAgentId('')
        }}
        options={[
          { value: '', label: t('transfer.choose'), disabled: true },
          ...directory.departments
            .filter(({ id }) => mayAssign || id !== ticket.departmentId)
            .map(({ id, name }) => ({
              value: id,
              label:
                id === ticket.departmentId ? t('transfer.present', { department: isolated(name) }) : name,
            })),
        ]}
      />
      <Select
        label={t('field.agent')}
        value={agentId}
        onChange={setAgentId}
        disabled={!target}
        options={[
          within
            ? { value: '', label: t('assign.choose'), disabled: true }
            : { value: '', label: t('name.nobody') },
          ...members.map((agent) => ({ value: agent.id, label: label(agent) })),
        ]}
        description={within && members.length === 0 ? t('assign.nobody') : undefined}
      />
      {/* Always there, so that what comes into it is said. */}
      <div role="status">
        {target && !within && !agentId && (
          <p className="note">
            <Icon name="alert" />
            {t(distributes ? 'transfer.distributes' : 'transfer.nobody', { department: target.name })}
          </p>
        )}
      </div>
      {!within && <TextField label={t('field.note_optional')} value={note} onChange={setNote} multiline />}
    </FormDialog>
  )
}

function TakeOverDialog({ ticket, give, onClose }: DialogProps) {
  const t = useT()
  const directory = useDirectory()
  const [reason, setReason] = useState('')
  const name = directory.agent(ticket.agentId)?.name ?? t('name.unknown_agent')
  return (
    <FormDialog
      title={t('take_over.title')}
      submit={t('action.take_over')}
      disabled={reason.trim() === ''}
      onClose={onClose}
      onSubmit={async () => {
        await give('take-over', { reason: reason.trim() })
        toast(t('claim.mine'))
      }}
    >
      <p>{t('take_over.text', { name })}</p>
      <TextField
        label={t('field.reason')}
        value={reason}
        onChange={setReason}
        multiline
        required
        maxLength={1000}
      />
    </FormDialog>
  )
}

function ReturnDialog({ give, onClose }: DialogProps) {
  const t = useT()
  const [note, setNote] = useState('')
  return (
    <FormDialog
      title={t('return.title')}
      submit={t('action.return')}
      onClose={onClose}
      onSubmit={() => give('return', note.trim() ? { note: note.trim() } : {})}
    >
      <p>{t('return.text')}</p>
      <TextField label={t('field.note_optional')} value={note} onChange={setNote} multiline />
    </FormDialog>
  )
}

function PostponeDialog({ give, onClose }: DialogProps) {
  const { t, intl, timeZone } = useLanguage()
  const choices = postponeChoices(new Date(), timeZone)
  const [until, setUntil] = useState(toLocalInput(choices[0]?.at ?? new Date(), timeZone))
  const at = fromLocalInput(until, timeZone)
  const valid = at !== null && at.getTime() > Date.now()
  return (
    <FormDialog
      title={t('postpone.title')}
      submit={t('action.postpone')}
      disabled={!valid}
      onClose={onClose}
      onSubmit={() => give('postpone', { until: at?.toISOString() })}
    >
      <div className="row row-wrap">
        {choices.map((choice) => (
          <Button key={choice.id} size="small" onPress={() => setUntil(toLocalInput(choice.at, timeZone))}>
            {t(`postpone.${choice.id}`)}
          </Button>
        ))}
      </div>
      <TextField
        label={t('postpone.until')}
        type="datetime-local"
        dir="ltr"
        value={until}
        min={toLocalInput(new Date(), timeZone)}
        onChange={setUntil}
        description={valid ? intl.formatDate(at, { dateStyle: 'full', timeStyle: 'short' }) : undefined}
        error={valid ? undefined : t('postpone.past')}
      />
    </FormDialog>
  )
}

const CONFIRMED = {
  close: { title: 'close.title', text: 'close.text', submit: 'action.close', danger: false },
  spam: { title: 'spam.title', text: 'spam.text', submit: 'action.spam', danger: true },
  delete: { title: 'delete.title', text: 'delete.text', submit: 'action.delete', danger: true },
} as const

function ConfirmDialog({ command, give, onClose }: DialogProps & { command: keyof typeof CONFIRMED }) {
  const t = useT()
  const { title, text, submit, danger } = CONFIRMED[command]
  return (
    <FormDialog
      title={t(title)}
      submit={t(submit)}
      danger={danger}
      onClose={onClose}
      onSubmit={() => give(command)}
    >
      <p>{t(text)}</p>
    </FormDialog>
  )
}

/** A place for everything that a ticket's state asks for loudly. */
export function Banner({ children }: { children: ReactNode }) {
  return (
    <p className="note banner">
      <Icon name="alert" />
      <span>{children}</span>
    </p>
  )
}
