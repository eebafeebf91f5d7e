import { readConfig } from '@onus/codec/config'
import { describe, expect, it } from 'vitest'
import { type Manifest, MINIMAL, render } from './helm.ts'

const NAME = 'onus-codec-server'
const ENCRYPTED = { ...MINIMAL, temporal: { ...MINIMAL.temporal, codec: { existingSecret: 'codec-keys' } } }
const withCodec = (codecServer: Record<string, unknown>) =>
  render({ ...ENCRYPTED, codecServer: { enabled: true, ...codecServer } })
const named = (manifests: Manifest[], kind: string): any =>
  manifests.find((each) => each.kind === kind && each.metadata.name === NAME)

/** As the secrets would have them. */
const SECRETS: Record<string, string> = {
  TEMPORAL_CODEC_KEYS: `k:${Buffer.alloc(32).toString('base64')}`,
  ONUS_OPERATOR_KEY: 'x'.repeat(32),
}
const environment = (manifests: Manifest[]): Record<string, string> =>
  Object.fromEntries(
    named(manifests, 'Deployment').spec.template.spec.containers[0].env.map((each: any) => [
      each.name,
      each.valueFrom ? SECRETS[each.name] : String(each.value),
    ]),
  )

describe('the codec server', () => {
  it('is not there unless asked for, and not without keys', async () => {
    expect((await render(ENCRYPTED)).some(({ metadata }) => metadata.name === NAME)).toBe(false)
    await expect(render({ ...MINIMAL, codecServer: { enabled: true } })).rejects.toThrow(/temporal.codec/)
  })

  it('starts with what it is given', async () => {
    const manifests = await withCodec({
      uiOrigins: ['https://temporal.example'],
      oidc: { issuer: 'https://id.example', audience: 'temporal', allow: ['groups=operators'] },
    })
    expect(readConfig(environment(manifests))).toMatchObject({
      HTTP_PORT: 8080,
      CODEC_UI_ORIGINS: ['https://temporal.example'],
      CODEC_OIDC_ALLOW: ['groups=operators'],
    })
    expect(readConfig(environment(await withCodec({})))).toMatchObject({ CODEC_UI_ORIGINS: [] })
  })

  it('lets nobody sign in without saying who', async () => {
    await expect(withCodec({ oidc: { issuer: 'https://id.example' } })).rejects.toThrow(/allow/)
    await expect(withCodec({ uiOrigins: ['https://temporal.example/ui'] })).rejects.toThrow(/uiOrigins/)
  })

  it('is as restricted as the other parts, and talks to nobody but the issuer', async () => {
    const manifests = await withCodec({
      oidc: { issuer: 'https://id.example', audience: 'temporal', allow: ['groups=operators'] },
    })
    const pod = named(manifests, 'Deployment').spec.template.spec
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    })
    expect(pod.containers[0].securityContext).toMatchObject({
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
    })
    const ports = named(manifests, 'NetworkPolicy').spec.egress.flatMap(({ ports: all }: any) =>
      all.map(({ port }: any) => port),
    )
    expect(new Set(ports)).toEqual(new Set([53, 443]))
    expect(named(await withCodec({}), 'NetworkPolicy').spec.egress).toHaveLength(1)
  })

  it('is reached from outside by its own host', async () => {
    const ingress = { enabled: true, host: 'codec.example', className: 'nginx', tlsSecret: 'codec-tls' }
    expect(named(await withCodec({ ingress }), 'Ingress').spec.rules[0].host).toBe('codec.example')
    await expect(withCodec({ ingress: { enabled: true } })).rejects.toThrow(/codecServer.ingress.host/)
  })
})
