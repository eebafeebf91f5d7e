import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from './ids.ts'
import { connectMongo, type Mongo } from './mongo.ts'
import { createSecretBox, renewSecrets, type SealedText } from './secret-box.ts'
import { fromEnvironment } from './testing/environment.ts'

const [OLD, NEW] = ['o'.repeat(32), 'n'.repeat(32)]

let mongo: Mongo
beforeAll(async () => {
  mongo = await connectMongo({ uri: fromEnvironment('MONGODB_URI'), database: `secrets_${newId()}` })
})
afterAll(async () => {
  await mongo.db.dropDatabase()
  await mongo.close()
})

it('has everything sealed by the new key before the old one is taken away, wherever it lies', async () => {
  const before = createSecretBox(OLD)
  const accounts = mongo.db.collection<{ _id: string; token?: SealedText; name?: string }>('accounts')
  const webhooks = mongo.db.collection<{ _id: string; webhooks: Record<string, any> }>('webhooks')
  await accounts.insertMany(
    Array.from({ length: 450 }, (_, i) => ({
      _id: `a${i}`,
      name: `Account ${i}`,
      token: before.seal(`token ${i}`, `a${i}`),
    })),
  )
  await accounts.insertOne({ _id: 'bare', name: 'without' })
  const both = { h1: ['current', 'former'], h2: ['only'] }
  await webhooks.insertOne({
    _id: 'a1',
    webhooks: Object.fromEntries(
      Object.entries(both).map(([id, texts]) => [
        id,
        { id, url: 'https://x.example', secrets: texts.map((text) => ({ sealed: before.seal(text, id) })) },
      ]),
    ),
  })

  // While both keys are there, each opens what the other sealed.
  const meanwhile = createSecretBox(`${OLD},${NEW}`)
  const after = createSecretBox(`${NEW},${OLD}`)
  expect(meanwhile.open(after.seal('x', 'a'), 'a')).toBe('x')
  expect(after.open(meanwhile.seal('x', 'a'), 'a')).toBe('x')

  const places = [
    { collection: 'accounts', ownerOf: ({ _id }: { _id: string }) => _id },
    { collection: 'webhooks', ownerOf: (_: unknown, path: readonly (string | number)[]) => String(path[1]) },
  ]
  expect(await renewSecrets(mongo.db, meanwhile, places)).toBe(0)
  expect(await renewSecrets(mongo.db, after, places)).toBe(453)
  expect(await renewSecrets(mongo.db, after, places)).toBe(0)

  const alone = createSecretBox(NEW)
  for (const { _id, token, name } of await accounts.find({}).toArray()) {
    if (token) expect(alone.open(token, _id)).toBe(name?.replace('Account', 'token'))
    if (token) expect(() => before.open(token, _id)).toThrow()
  }
  const kept = await webhooks.findOne({ _id: 'a1' })
  for (const [id, texts] of Object.entries(both))
    expect(kept?.webhooks[id].secrets.map(({ sealed }: any) => alone.open(sealed, id))).toEqual(texts)
  expect(kept?.webhooks.h1.url).toBe('https://x.example')
})
