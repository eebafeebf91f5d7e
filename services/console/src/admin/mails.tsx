import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { post } from '../api/client.ts'
import { useDirectory } from '../api/queries.ts'
import type { UnreadableMail } from '../api/types.ts'
import { useT } from '../i18n/intl.tsx'
import { ExactTime } from '../i18n/time.tsx'
import { FileSize } from '../ticket/file-size.tsx'
import { Button } from '../ui/controls.tsx'
import { explain, toast } from '../ui/feedback.tsx'
import { Paged } from './paged.tsx'
import { DataTable } from './parts.tsx'

/** Mails that came and could not be read; nothing of them is lost. */
export function MailsPage() {
  const t = useT()
  const directory = useDirectory()
  return (
    <Paged<UnreadableMail> path="/inbound/unreadable" empty={t('mail.none')}>
      {(mails) => (
        <DataTable
          caption={t('admin.mails')}
          head={[
            t('mail.received'),
            t('mail.from'),
            t('field.department'),
            t('mail.error'),
            t('mail.size'),
            '',
          ]}
        >
          {mails.map((mail) => (
            <tr key={mail.id}>
              <td className="muted">
                <ExactTime at={mail.receivedAt} />
              </td>
              <th scope="row" dir="ltr">
                {mail.from}
              </th>
              <td>
                <bdi>{directory.department(mail.departmentId)?.name ?? t('name.unknown_department')}</bdi>
              </td>
              <td dir="auto" lang="en">
                {mail.error}
              </td>
              <td>
                <FileSize bytes={mail.size} />
              </td>
              <td>
                <span className="row-actions">
                  <RetryButton mail={mail} />
                  <a
                    className="button button-small"
                    href={`/api/v1/inbound/unreadable/${encodeURIComponent(mail.id)}`}
                    download={`${mail.id}.eml`}
                    aria-label={`${t('action.download')}: ${mail.from}`}
                  >
                    {t('action.download')}
                  </a>
                </span>
              </td>
            </tr>
          ))}
        </DataTable>
      )}
    </Paged>
  )
}

/** How long a mail takes to be read again; then the list says what became of it. */
const READ_AGAIN_MS = 2_000

function RetryButton({ mail }: { mail: UnreadableMail }) {
  const t = useT()
  const client = useQueryClient()
  const [busy, setBusy] = useState(false)
  const retry = async () => {
    setBusy(true)
    try {
      await post(`/inbound/unreadable/${encodeURIComponent(mail.id)}/retry`)
      toast(t('mail.retried'))
      await new Promise((resolve) => setTimeout(resolve, READ_AGAIN_MS))
    } catch (error) {
      toast(explain(error, t), { tone: 'error' })
    } finally {
      setBusy(false)
    }
    await client.invalidateQueries({ queryKey: ['/inbound/unreadable'] })
  }
  return (
    <Button
      size="small"
      isPending={busy}
      aria-label={`${t('mail.retry')}: ${mail.from}`}
      onPress={() => void retry()}
    >
      {t('mail.retry')}
    </Button>
  )
}
