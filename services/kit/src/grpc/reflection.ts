import { readFileSync } from 'node:fs'
import type { Server } from '@grpc/grpc-js'
import { loadFileDescriptorSetFromBuffer, type PackageDefinition } from '@grpc/proto-loader'
import { ReflectionService } from '@grpc/reflection'

let contracts: PackageDefinition | undefined

/** Lets tools such as grpcurl ask what is served. Our contracts are public, so every server tells all of them. */
export function addReflection(server: Server): void {
  contracts ??= loadFileDescriptorSetFromBuffer(
    readFileSync(new URL(import.meta.resolve('@onus/proto/descriptors.binpb'))),
  )
  new ReflectionService(contracts).addToServer(server)
}
