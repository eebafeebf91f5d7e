import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import protobuf from 'protobufjs'

/** As much of OpenTelemetry's protocol as tests look at. */
const PROTO = `
syntax = "proto3";
message AnyValue { oneof value { string s = 1; bool b = 2; int64 i = 3; double d = 4; ArrayValue a = 5; KeyValueList l = 6; bytes y = 7; } }
message ArrayValue { repeated AnyValue values = 1; }
message KeyValueList { repeated KeyValue values = 1; }
message KeyValue { string key = 1; AnyValue value = 2; }
message Resource { repeated KeyValue attributes = 1; }
message Scope { string name = 1; }
message Link { bytes trace_id = 1; bytes span_id = 2; }
message Event { fixed64 time = 1; string name = 2; repeated KeyValue attributes = 3; }
message Status { string message = 2; int32 code = 3; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start = 7; fixed64 end = 8;
  repeated KeyValue attributes = 9; repeated Event events = 11; repeated Link links = 13; Status status = 15;
}
message ScopeSpans { Scope scope = 1; repeated Span items = 2; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scopes = 2; }
message Traces { repeated ResourceSpans resources = 1; }
message LogRecord {
  fixed64 time = 1; int32 severity = 2; string severity_text = 3; AnyValue body = 5;
  repeated KeyValue attributes = 6; bytes trace_id = 9; bytes span_id = 10;
}
message ScopeLogs { Scope scope = 1; repeated LogRecord items = 2; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scopes = 2; }
message Logs { repeated ResourceLogs resources = 1; }
message Metric { string name = 1; string description = 2; string unit = 3; }
message ScopeMetrics { Scope scope = 1; repeated Metric items = 2; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scopes = 2; }
message Metrics { repeated ResourceMetrics resources = 1; }
`
const types = protobuf.parse(PROTO, { keepCase: true }).root

type Value = string | number | boolean | Value[] | { [key: string]: Value }
type Attributes = Record<string, Value>

export interface CollectedSpan {
  service: string
  scope: string
  traceId: string
  spanId: string
  parentId: string
  name: string
  kind: number
  attributes: Attributes
  links: { traceId: string; spanId: string }[]
  /** 2 is an error. */
  status: number
}

export interface CollectedLog {
  service: string
  traceId: string
  spanId: string
  severity: string
  body: string
  attributes: Attributes
}

/** A collector in this process, which keeps what it is sent. */
export interface Collector {
  endpoint: string
  spans: CollectedSpan[]
  logs: CollectedLog[]
  metrics: { service: string; name: string }[]
  /** What each sender says of itself. */
  resources: Attributes[]
  /** The headers of each request. */
  headers: Record<string, unknown>[]
  /** Every byte that came, as text, to look for what must not be there. */
  text(): string
  close(): void
}

/** @param port default: any */
export async function startCollector(port = 0): Promise<Collector> {
  const bodies: string[] = []
  const collected: Omit<Collector, 'endpoint' | 'close' | 'text'> = {
    spans: [],
    logs: [],
    metrics: [],
    resources: [],
    headers: [],
  }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const raw = Buffer.concat(chunks)
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw
    bodies.push(body.toString('utf8'))
    collected.headers.push(request.headers)
    keep(collected, request.url ?? '', body)
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    ...collected,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    text: () => bodies.join('\n'),
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

interface RawValue {
  s?: string
  b?: boolean
  i?: string
  d?: number
  a?: { values?: RawValue[] }
  l?: { values?: RawAttribute[] }
}
interface RawAttribute {
  key: string
  value?: RawValue
}
interface RawItem {
  name?: string
  kind?: number
  trace_id?: string
  span_id?: string
  parent_span_id?: string
  severity_text?: string
  body?: RawValue
  attributes?: RawAttribute[]
  links?: { trace_id: string; span_id: string }[]
  status?: { code?: number }
}
interface RawBatch {
  resources?: {
    resource?: { attributes?: RawAttribute[] }
    scopes?: { scope?: { name?: string }; items?: RawItem[] }[]
  }[]
}

const MESSAGES: Record<string, string> = {
  '/v1/traces': 'Traces',
  '/v1/logs': 'Logs',
  '/v1/metrics': 'Metrics',
}

function keep(into: Omit<Collector, 'endpoint' | 'close' | 'text'>, path: string, body: Buffer): void {
  const name = MESSAGES[path]
  if (name === undefined) return
  const type = types.lookupType(name)
  const batch = type.toObject(type.decode(body), { longs: String, bytes: String }) as RawBatch
  for (const { resource, scopes = [] } of batch.resources ?? []) {
    const about = attributesOf(resource?.attributes)
    into.resources.push(about)
    const service = String(about['service.name'])
    for (const { scope, items = [] } of scopes) {
      for (const item of items) {
        const ids = { traceId: hex(item.trace_id), spanId: hex(item.span_id) }
        const attributes = attributesOf(item.attributes)
        if (name === 'Metrics') into.metrics.push({ service, name: item.name ?? '' })
        else if (name === 'Logs')
          into.logs.push({
            ...{ service, ...ids, attributes },
            severity: item.severity_text ?? '',
            body: String(item.body ? plain(item.body) : ''),
          })
        else
          into.spans.push({
            ...{ service, ...ids, attributes },
            scope: scope?.name ?? '',
            parentId: hex(item.parent_span_id),
            name: item.name ?? '',
            kind: item.kind ?? 0,
            links: (item.links ?? []).map((link) => ({
              traceId: hex(link.trace_id),
              spanId: hex(link.span_id),
            })),
            status: item.status?.code ?? 0,
          })
      }
    }
  }
}

const hex = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString('hex')

const attributesOf = (list: RawAttribute[] = []): Attributes =>
  Object.fromEntries(list.map(({ key, value }) => [key, plain(value ?? {})]))

function plain({ s, b, i, d, a, l }: RawValue): Value {
  if (a) return (a.values ?? []).map(plain)
  if (l) return attributesOf(l.values)
  return s ?? b ?? (i === undefined ? (d ?? '') : Number(i))
}
