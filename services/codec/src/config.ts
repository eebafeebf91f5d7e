import { ConfigError, list, parseConfig, port, processConfig, secret, url } from '@onus/kit/config'
import { z } from 'zod'

const CLAIM = /^[\w.:/-]{1,128}=.{1,256}$/

const shape = {
  ...processConfig,
  HTTP_HOST: z.string().default('127.0.0.1'),
  HTTP_PORT: port().default(0),
  /** The same keys as the workers'. */
  TEMPORAL_CODEC_KEYS: secret(),
  /** Payloads of this namespace only. */
  TEMPORAL_NAMESPACE: z.string().default('default'),
  /** Origins of the Temporal UI that may ask from a browser. */
  CODEC_UI_ORIGINS: list().default([]),
  /** Lets in whoever has it. */
  ONUS_OPERATOR_KEY: secret(16).optional(),
  /** Issuer of the operators' tokens: the one that the Temporal UI signs in at. */
  CODEC_OIDC_ISSUER: url('http', 'https').optional(),
  CODEC_OIDC_AUDIENCE: z.string().optional(),
  /** Who of them may read: `claim=value`, several with commas; one is enough. */
  CODEC_OIDC_ALLOW: list()
    .refine(
      (rules) => rules.every((rule) => CLAIM.test(rule)),
      'must be claim=value, for example "groups=operators"',
    )
    .optional(),
}

export type CodecConfig = z.infer<z.ZodObject<typeof shape>>

/** @throws ConfigError that lists every error */
export function readConfig(env: Record<string, string | undefined> = process.env): CodecConfig {
  const config = parseConfig(shape, env)
  const problems: string[] = []
  const { CODEC_OIDC_ISSUER: issuer, CODEC_OIDC_AUDIENCE: audience, CODEC_OIDC_ALLOW: allow } = config
  if (issuer && !(audience && allow))
    problems.push(
      'CODEC_OIDC_ISSUER: needs CODEC_OIDC_AUDIENCE and CODEC_OIDC_ALLOW, else anybody who can sign in could read everything',
    )
  if (!issuer && !config.ONUS_OPERATOR_KEY)
    problems.push('ONUS_OPERATOR_KEY: set it, or CODEC_OIDC_ISSUER: nobody could ask otherwise')
  for (const origin of config.CODEC_UI_ORIGINS)
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      problems.push(`CODEC_UI_ORIGINS: "${origin}" is no origin, for example "https://temporal.example"`)
  if (problems.length > 0) throw new ConfigError(problems)
  return config
}
