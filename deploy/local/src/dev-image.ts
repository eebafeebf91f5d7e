import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { installKafka, installStore, installTemporal } from './install/components.ts'
import { runTool } from './install/run.ts'
import { ROOT } from './paths.ts'

const USAGE = `usage: npm run dev:image -- [options]

Builds the image of the stand-ins that charts/onus/values-dev.yaml runs: Temporal, Kafka, the store and a mail sink, as
\`npm start\` has them. What is missing of them is installed on this machine first. Needs Docker.

  --tag T       what the image is called (default: onus-dev:0.1.0)
  --from I      the image of Onus that it stands on (default: onus:0.1.0)
  --java I      an image with a Java 17 or later in /opt/java/openjdk (default: eclipse-temurin:17-jre-jammy)`

const { values } = parseArgs({
  options: {
    tag: { type: 'string', default: 'onus-dev:0.1.0' },
    from: { type: 'string', default: 'onus:0.1.0' },
    java: { type: 'string', default: 'eclipse-temurin:17-jre-jammy' },
    help: { type: 'boolean' },
  },
})

/** 10001 is who the chart's containers run as. */
const PASSWD = 'root:x:0:0::/root:/bin/sh\nonus:x:10001:10001::/tmp:/bin/false\n'

async function main(): Promise<void> {
  const progress = (line: string) => console.log(line)
  const components = await Promise.all([
    installTemporal(progress).then((program) => join(program, '..')),
    installKafka(progress),
    installStore(progress),
  ])
  const context = await mkdtemp(join(tmpdir(), 'onus-dev-image-'))
  try {
    for (const folder of components)
      await cp(folder, join(context, 'components', basename(folder)), { recursive: true })
    for (const folder of ['src', 'java'])
      await cp(join(ROOT, 'deploy/local', folder), join(context, 'local', folder), { recursive: true })
    await writeFile(join(context, 'passwd'), PASSWD)
    progress(`building ${values.tag}`)
    const images = ['--build-arg', `ONUS_IMAGE=${values.from}`, '--build-arg', `JAVA_IMAGE=${values.java}`]
    const file = join(ROOT, 'deploy/docker/dev.Dockerfile')
    const env = { ...process.env, DOCKER_BUILDKIT: '1' }
    await runTool('docker', ['build', '--file', file, '--tag', values.tag, ...images, context], { env })
    progress(`built ${values.tag}`)
  } finally {
    await rm(context, { recursive: true, force: true })
  }
}

if (values.help) console.log(USAGE)
else await main()
