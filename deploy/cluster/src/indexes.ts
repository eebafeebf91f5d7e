import { QUERIES as directory } from '@onus/directory/store/queries'
import type { Queries } from '@onus/kit/mongo'
import { QUERIES as notification } from '@onus/notification/store/queries'
import { WEBHOOK_QUERIES as webhooks } from '@onus/notification/webhooks/queries'
import { QUERIES as rules } from '@onus/rules/store/queries'
import { INTAKE_QUERIES as intake } from '@onus/ticket/intake/queries'
import { QUERIES as ticket } from '@onus/ticket/store/queries'

/** The query shapes of every service, by the name of its database without the installation's prefix. */
export const indexesOfAll: Readonly<Record<string, Queries>> = {
  ticket: { ...ticket, ...intake },
  directory: directory,
  rules: rules,
  notification: { ...notification, ...webhooks },
}
