export { createSecretBox, type SealedText, type SecretBox } from '@onus/kit/secret-box'
