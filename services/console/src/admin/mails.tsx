import { useDirectory } from '../api/queries.ts'
import type { UnreadableMail } from '../api/types.ts'
import { useT } from '../i18n/intl.tsx'
import { ExactTime } from '../i18n/time.tsx'
import { FileSize } from '../ticket/file-size.tsx'
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
                <a
                  href={`/api/v1/inbound/unreadable/${encodeURIComponent(mail.id)}`}
                  download={`${mail.id}.eml`}
                >
                  {t('action.download')}
                </a>
              </td>
            </tr>
          ))}
        </DataTable>
      )}
    </Paged>
  )
}
