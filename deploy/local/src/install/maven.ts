import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDir } from '../paths.ts'
import { type Progress, withLock } from './once.ts'
import { runTool } from './run.ts'

const DEPENDENCY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1'

/**
 * Copies artifacts (`group:artifact:version`) and everything that they need to run into `<folder>/lib`. Maven's
 * own settings decide where from. One at a time: Maven's local repository is not made for several processes.
 */
export async function copyMavenJars(artifacts: string[], folder: string, progress: Progress): Promise<void> {
  const lib = join(folder, 'lib')
  await mkdir(lib, { recursive: true })
  const pom = join(folder, 'pom.xml')
  await writeFile(
    pom,
    `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.onus.local</groupId>
  <artifactId>runtime</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
${artifacts.map(dependency).join('\n')}
  </dependencies>
</project>
`,
  )
  const args = ['-q', '-B', '-f', pom, `${DEPENDENCY_PLUGIN}:copy-dependencies`]
  await withLock(join(cacheDir(), '.maven.lock'), 'a Maven download', progress, () =>
    runTool('mvn', [...args, '-DincludeScope=runtime', `-DoutputDirectory=${lib}`]),
  )
}

function dependency(coordinates: string): string {
  const [groupId, artifactId, version] = coordinates.split(':')
  return `    <dependency>
      <groupId>${groupId}</groupId>
      <artifactId>${artifactId}</artifactId>
      <version>${version}</version>
    </dependency>`
}
