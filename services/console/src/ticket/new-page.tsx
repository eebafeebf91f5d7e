import { PRIORITIES } from '@onus/workflows-contract/model'
import { useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { EditorForm } from '../admin/parts.tsx'
import { ApiError, request } from '../api/client.ts'
import { useApplyTicket, useDirectory, useMe } from '../api/queries.ts'
import type { Priority, Ticket } from '../api/types.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import { NotFound } from '../shell/not-found.tsx'
import { Page } from '../shell/page.tsx'
import { Select, TextField } from '../ui/controls.tsx'
import { toast } from '../ui/feedback.tsx'
import { At } from '../ui/field-errors.tsx'
import { departmentsToCreateIn, mayCreate } from './access.ts'
import '../profile/profile.css'

/** Where an agent writes down what a contact said on the phone or at the counter. */
export default function NewTicketPage() {
  const t = useT()
  if (!mayCreate(useMe())) return <NotFound />
  return (
    <Page title={t('new_ticket.title')}>
      <div className="page-scroll">
        <NewTicketForm />
      </div>
    </Page>
  )
}

function NewTicketForm() {
  const { t, word } = useLanguage()
  const departments = departmentsToCreateIn(useMe(), useDirectory())
  const apply = useApplyTicket()
  const create = useCreateTicket()
  const [, navigate] = useLocation()
  const [email, setEmail] = useState('')
  const [name, setName] = useState('')
  const [subject, setSubject] = useState('')
  const [text, setText] = useState('')
  const [departmentId, setDepartmentId] = useState(departments[0]?.id ?? '')
  const [priority, setPriority] = useState<Priority>('normal')
  return (
    <EditorForm
      back="/lists/mine"
      invalidate="tickets"
      submit={t('new_ticket.create')}
      valid={[email, subject, text].every((each) => each.trim() !== '')}
      fields={['contact', 'subject', 'body', 'departmentId', 'priority']}
      save={() =>
        create({
          // No channel is of calls and visits. The contact is answered by mail, which this one is.
          channel: 'email',
          contact: { email: email.trim(), ...(name.trim() && { name: name.trim() }) },
          subject: subject.trim(),
          body: text.trim(),
          departmentId,
          priority,
        })
      }
      onSaved={(saved) => {
        const ticket = saved as Ticket
        apply(ticket)
        toast(t('new_ticket.created', { number: ticket.number }))
        // The way back leads to where the reader was before the form.
        navigate(`/tickets/${ticket.id}`, { replace: true })
      }}
    >
      <section className="card">
        <div className="fields">
          <At field="contact.email">
            {(fault) => (
              <TextField
                label={t('rule_field.contact_email')}
                description={t('new_ticket.email_note')}
                type="email"
                dir="ltr"
                autoComplete="off"
                value={email}
                onChange={setEmail}
                error={fault}
                required
                maxLength={254}
              />
            )}
          </At>
          <At field="contact.name">
            {(fault) => (
              <TextField
                label={t('new_ticket.name')}
                autoComplete="off"
                value={name}
                onChange={setName}
                error={fault}
                maxLength={200}
              />
            )}
          </At>
        </div>
        <At field="subject">
          {(fault) => (
            <TextField
              label={t('rule_field.subject')}
              value={subject}
              onChange={setSubject}
              error={fault}
              required
              maxLength={998}
            />
          )}
        </At>
        <At field="body">
          {(fault) => (
            <TextField
              label={t('new_ticket.text')}
              value={text}
              onChange={setText}
              error={fault}
              multiline
              rows={8}
              required
            />
          )}
        </At>
        <div className="fields">
          <At field="departmentId">
            {(fault) => (
              <Select
                label={t('field.department')}
                value={departmentId}
                onChange={setDepartmentId}
                options={departments.map(({ id, name: label }) => ({ value: id, label }))}
                error={fault}
              />
            )}
          </At>
          <At field="priority">
            {(fault) => (
              <Select
                label={t('field.priority')}
                value={priority}
                onChange={setPriority}
                options={PRIORITIES.map((value) => ({ value, label: word('priority', value) }))}
                error={fault}
              />
            )}
          </At>
        </div>
      </section>
    </EditorForm>
  )
}

/** Creates a ticket; what got no answer and is sent again unchanged makes no second one. */
function useCreateTicket() {
  const attempt = useRef<{ of: string; key: string } | null>(null)
  return async (json: unknown): Promise<Ticket> => {
    const of = JSON.stringify(json)
    if (attempt.current?.of !== of) attempt.current = { of, key: crypto.randomUUID() }
    try {
      return await request<Ticket>('POST', '/tickets', { json, key: attempt.current.key })
    } catch (error) {
      // Nobody answered: it may be there already.
      if (!(error instanceof ApiError) || error.status !== 0) attempt.current = null
      throw error
    }
  }
}
