import type { SealedPlace } from '@onus/kit/secret-box'

export { createSecretBox, type SealedText, type SecretBox } from '@onus/kit/secret-box'

const account = ({ _id }: { _id: string }): string => _id

/** Where this service keeps what it sealed. */
export const SEALED_PLACES: readonly SealedPlace[] = [
  { collection: 'slack_integrations', ownerOf: account },
  { collection: 'push_integrations', ownerOf: account },
  { collection: 'vapid_keys', ownerOf: account },
  // `webhooks.<webhook>.secrets.<n>.sealed`
  { collection: 'webhooks', ownerOf: (_, path) => String(path[1]) },
]
