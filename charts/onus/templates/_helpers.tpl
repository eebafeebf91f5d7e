{{- define "onus.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "onus.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "onus.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "onus.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "onus.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ default .Chart.AppVersion $image.tag }}
{{- end -}}
{{- end -}}

{{- define "onus.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: onus
{{ include "onus.selector" . }}
{{- end -}}

{{- define "onus.selector" -}}
app.kubernetes.io/name: {{ include "onus.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* What the parts are: the program of each, whom it calls, and what outside it needs. */}}
{{- define "onus.parts" -}}
gateway:
  main: services/gateway/src/main.ts
  database: gateway
  calls: [ticket, directory, rules, notification]
  needs: [mongodb, kafka, oidc]
ticket:
  main: services/ticket/src/main.ts
  database: ticket
  serves: true
  calls: [directory]
  needs: [mongodb, temporal]
ticketWorker:
  main: services/ticket/src/worker.ts
  database: ticket
  calls: [directory, rules]
  needs: [mongodb, kafka, temporal]
  queue: tickets
directory:
  main: services/directory/src/main.ts
  database: directory
  serves: true
  calls: [ticket]
  needs: [mongodb, kafka, temporal]
rules:
  main: services/rules/src/main.ts
  database: rules
  serves: true
  calls: [directory, ticket, notification]
  needs: [mongodb, kafka, temporal]
notification:
  main: services/notification/src/main.ts
  database: notification
  serves: true
  calls: [ticket, directory]
  needs: [mongodb, kafka, temporal, outside]
  queue: notifications
{{- end -}}

{{/* `<fullname>-<part>`. Call with (dict "root" $ "part" "ticketWorker"). */}}
{{- define "onus.partName" -}}
{{ include "onus.fullname" .root }}-{{ kebabcase .part }}
{{- end -}}

{{- define "onus.partLabels" -}}
{{ include "onus.labels" .root }}
app.kubernetes.io/component: {{ kebabcase .part }}
{{- end -}}

{{- define "onus.partSelector" -}}
{{ include "onus.selector" .root }}
app.kubernetes.io/component: {{ kebabcase .part }}
{{- end -}}

{{/* Values of a part over the defaults. */}}
{{- define "onus.partValues" -}}
{{ toYaml (mergeOverwrite (deepCopy .root.Values.defaults) (deepCopy (index .root.Values .part))) }}
{{- end -}}

{{/*
Findings of kube-score that are decisions: tags name one image for good, so there is nothing to pull again;
topology spread does what an anti-affinity would, and lets a small cluster run all pods; a version of the workers
that is only kept for its pinned workflows may have one pod.
*/}}
{{- define "onus.lintExceptions" -}}
container-image-pull-policy,deployment-has-host-podantiaffinity,deployment-replicas
{{- end -}}

{{- define "onus.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "onus.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* One variable from a secret. Call with (dict "name" … "secret" … "key" …). */}}
{{- define "onus.fromSecret" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- end -}}

{{/* Everything that a part reads from its environment. Call with (dict "root" $ "part" … "needs" … "calls" …). */}}
{{- define "onus.env" -}}
{{- $root := .root -}}
{{- $attributes := list -}}
{{- $values := .root.Values -}}
{{- $needs := .needs -}}
- name: LOG_LEVEL
  value: {{ $values.logLevel }}
- name: HEALTH_HOST
  value: 0.0.0.0
- name: HEALTH_PORT
  value: '9464'
- name: PUBLIC_URL
  value: {{ $values.publicUrl }}
{{ include "onus.fromSecret" (dict "name" "ONUS_INTERNAL_KEY" "secret" $values.auth.existingSecret "key" "internal-key") }}
{{- with $values.telemetry.otlpEndpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . }}
{{- with $values.telemetry.existingSecret }}
{{ include "onus.fromSecret" (dict "name" "OTEL_EXPORTER_OTLP_HEADERS" "secret" . "key" "otlp-headers") }}
{{- end }}
{{- with $values.telemetry.sampler }}
- name: OTEL_TRACES_SAMPLER
  value: {{ . }}
{{- end }}
{{- with $values.telemetry.samplerArg }}
- name: OTEL_TRACES_SAMPLER_ARG
  value: {{ . | quote }}
{{- end }}
{{- with $values.telemetry.resourceAttributes }}
- name: OTEL_RESOURCE_ATTRIBUTES
  value: {{ range $name, $value := . }}{{ $attributes = append $attributes (printf "%s=%s" $name ($value | urlquery | replace "+" "%20")) }}{{ end }}{{ join "," $attributes | quote }}
{{- end }}
{{- end }}
{{- if $values.tls.enabled }}
- name: GRPC_TLS_CA
  value: /etc/onus/tls/ca.crt
- name: GRPC_TLS_CERT
  value: /etc/onus/tls/tls.crt
- name: GRPC_TLS_KEY
  value: /etc/onus/tls/tls.key
{{- else }}
- name: GRPC_INSECURE
  value: 'true'
{{- end }}
{{- range .calls }}
- name: {{ upper . }}_ADDRESS
  value: {{ include "onus.partName" (dict "root" $root "part" .) }}:50051
{{- end }}
{{ include "onus.dependencyEnv" . }}
{{- end -}}

{{/* Which version of the workers' code a part runs. Call with (dict "root" $ "part" … "buildId" …). */}}
{{- define "onus.versionEnv" -}}
{{- $versioning := .root.Values.temporal.workerVersioning -}}
- name: TEMPORAL_DEPLOYMENT_NAME
  value: {{ include "onus.partName" . }}
- name: TEMPORAL_BUILD_ID
  value: {{ .buildId | quote }}
- name: TEMPORAL_VERSIONING_BEHAVIOR
  value: {{ ternary "PINNED" "AUTO_UPGRADE" (eq $versioning.behavior "pinned") }}
{{- end -}}

{{/* The version of the code that this release brings. */}}
{{- define "onus.buildId" -}}
{{- $image := .Values.image -}}
{{- $own := default (default .Chart.AppVersion $image.tag) ($image.digest | trimPrefix "sha256:" | trunc 12) -}}
{{- default $own .Values.temporal.workerVersioning.buildId -}}
{{- end -}}

{{/* How to reach Temporal, Kafka and MongoDB. Call with (dict "root" $ "needs" …). */}}
{{- define "onus.dependencyEnv" -}}
{{- $values := .root.Values -}}
{{- $needs := .needs -}}
{{- if has "mongodb" $needs -}}
{{ include "onus.fromSecret" (dict "name" "MONGODB_URI" "secret" $values.mongodb.existingSecret "key" "uri") }}
{{- with .database }}
- name: MONGODB_DATABASE
  value: {{ $values.mongodb.databasePrefix }}{{ . }}
{{- end }}
{{- end }}
{{- if has "kafka" $needs }}
- name: KAFKA_BROKERS
  value: {{ join "," $values.kafka.brokers | quote }}
{{- with $values.kafka.topicPrefix }}
- name: KAFKA_TOPIC_PREFIX
  value: {{ . }}
{{- end }}
{{- if $values.kafka.tls.enabled }}
- name: KAFKA_TLS
  value: 'true'
{{- if $values.kafka.tls.existingSecret }}
- name: KAFKA_TLS_CA
  value: /etc/onus/kafka/ca.crt
{{- if $values.kafka.tls.clientCertificate }}
- name: KAFKA_TLS_CERT
  value: /etc/onus/kafka/tls.crt
- name: KAFKA_TLS_KEY
  value: /etc/onus/kafka/tls.key
{{- end }}
{{- end }}
{{- end }}
{{- with $values.kafka.sasl.mechanism }}
- name: KAFKA_SASL_MECHANISM
  value: {{ . }}
{{ include "onus.fromSecret" (dict "name" "KAFKA_SASL_USERNAME" "secret" $values.kafka.sasl.existingSecret "key" "username") }}
{{ include "onus.fromSecret" (dict "name" "KAFKA_SASL_PASSWORD" "secret" $values.kafka.sasl.existingSecret "key" "password") }}
{{- end }}
{{- end }}
{{- if has "temporal" $needs }}
- name: TEMPORAL_ADDRESS
  value: {{ $values.temporal.address }}
- name: TEMPORAL_NAMESPACE
  value: {{ $values.temporal.namespace }}
{{- with $values.temporal.taskQueuePrefix }}
- name: TEMPORAL_TASK_QUEUE_PREFIX
  value: {{ . }}
{{- end }}
{{- if $values.temporal.tls.enabled }}
- name: TEMPORAL_TLS
  value: 'true'
{{- if $values.temporal.tls.existingSecret }}
- name: TEMPORAL_TLS_CA
  value: /etc/onus/temporal/ca.crt
{{- if $values.temporal.tls.clientCertificate }}
- name: TEMPORAL_TLS_CERT
  value: /etc/onus/temporal/tls.crt
- name: TEMPORAL_TLS_KEY
  value: /etc/onus/temporal/tls.key
{{- end }}
{{- end }}
{{- with $values.temporal.tls.serverName }}
- name: TEMPORAL_TLS_SERVER_NAME
  value: {{ . }}
{{- end }}
{{- end }}
{{- with $values.temporal.apiKey.existingSecret }}
{{ include "onus.fromSecret" (dict "name" "TEMPORAL_API_KEY" "secret" . "key" "api-key") }}
{{- end }}
{{- with $values.temporal.codec.existingSecret }}
{{ include "onus.fromSecret" (dict "name" "TEMPORAL_CODEC_KEYS" "secret" . "key" "keys") }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Variables of one part only. */}}
{{- define "onus.partEnv" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
{{- if eq .part "gateway" }}
- name: HTTP_HOST
  value: 0.0.0.0
- name: HTTP_PORT
  value: '8080'
- name: INBOUND_SMTP_HOST
  value: 0.0.0.0
- name: INBOUND_SMTP_PORT
  value: '2525'
- name: INBOUND_SMTP_NAME
  value: {{ default (include "onus.publicHost" $root) $values.inboundMail.name }}
{{- if $values.inboundMail.tlsSecret }}
- name: INBOUND_SMTP_TLS_CERT
  value: /etc/onus/smtp/tls.crt
- name: INBOUND_SMTP_TLS_KEY
  value: /etc/onus/smtp/tls.key
{{- end }}
- name: MAIL_DOMAIN
  value: {{ $values.smtp.domain }}
- name: SESSION_LIFETIME_MS
  value: {{ mul 60000 $values.gateway.sessionLifetimeMinutes | quote }}
- name: REQUEST_DEADLINE_MS
  value: {{ int64 $values.gateway.requestDeadlineMs | quote }}
{{ include "onus.limitsEnv" $root }}
{{ include "onus.fromSecret" (dict "name" "ONUS_OPERATOR_KEY" "secret" $values.auth.existingSecret "key" "operator-key") }}
{{- with $values.oidc.issuer }}
- name: OIDC_DEFAULT_ISSUER
  value: {{ . }}
- name: OIDC_CLIENT_ID
  value: {{ $values.oidc.clientId }}
{{- end }}
{{- with $values.oidc.existingSecret }}
{{ include "onus.fromSecret" (dict "name" "OIDC_CLIENT_SECRET" "secret" . "key" "client-secret") }}
{{- end }}
{{- else if eq .part "ticket" }}
{{ include "onus.limitsEnv" $root }}
{{- else if eq .part "ticketWorker" }}
- name: MAX_CACHED_WORKFLOWS
  value: {{ int64 $values.ticketWorker.maxCachedWorkflows | quote }}
{{- else if eq .part "notification" }}
{{ include "onus.fromSecret" (dict "name" "SMTP_URL" "secret" $values.smtp.existingSecret "key" "url") }}
- name: MAIL_DOMAIN
  value: {{ $values.smtp.domain }}
- name: NOTIFICATION_FROM
  value: {{ $values.smtp.from | quote }}
{{- with $values.slack.existingSecret }}
{{ include "onus.fromSecret" (dict "name" "SLACK_BOT_TOKEN" "secret" . "key" "bot-token") }}
{{ include "onus.fromSecret" (dict "name" "SLACK_SIGNING_SECRET" "secret" . "key" "signing-secret") }}
{{- end }}
{{- with $values.slack.apiUrl }}
- name: SLACK_API_URL
  value: {{ . }}
{{- end }}
- name: DELIVERY_TIMEOUT_MS
  value: {{ int64 $values.notification.deliveryTimeoutMs | quote }}
{{- range $provider, $rate := $values.notification.rates }}
- name: NOTICE_RATE_{{ snakecase $provider | upper }}
  value: {{ $rate | quote }}
{{- end }}
{{ include "onus.pushEnv" $root }}
{{- end }}
{{- end -}}

{{/* The largest things that are taken, the same for who takes them in and who keeps them. */}}
{{- define "onus.limitsEnv" -}}
- name: MAX_MAIL_BYTES
  value: {{ int64 .Values.limits.mailBytes | quote }}
- name: MAX_ATTACHMENT_BYTES
  value: {{ int64 .Values.limits.attachmentBytes | quote }}
{{- end -}}

{{/* Keys of push services for accounts that connected none of their own. */}}
{{- define "onus.pushEnv" -}}
{{- $push := .Values.push -}}
{{- with $push.fcm.existingSecret }}
{{ include "onus.fromSecret" (dict "name" "FCM_SERVICE_ACCOUNT" "secret" . "key" "service-account.json") }}
{{- end }}
{{- with $push.fcm.url }}
- name: FCM_URL
  value: {{ . }}
{{- end }}
{{- with $push.fcm.tokenUrl }}
- name: FCM_TOKEN_URL
  value: {{ . }}
{{- end }}
{{- with $push.apns.existingSecret }}
{{ include "onus.fromSecret" (dict "name" "APNS_KEY" "secret" . "key" "key.p8") }}
- name: APNS_KEY_ID
  value: {{ $push.apns.keyId }}
- name: APNS_TEAM_ID
  value: {{ $push.apns.teamId }}
- name: APNS_TOPIC
  value: {{ $push.apns.topic }}
- name: APNS_PRODUCTION
  value: {{ $push.apns.production | quote }}
{{- end }}
{{- with $push.apns.url }}
- name: APNS_URL
  value: {{ . }}
{{- end }}
{{- with $push.apns.sandboxUrl }}
- name: APNS_SANDBOX_URL
  value: {{ . }}
{{- end }}
{{- with $push.webPush.existingSecret }}
{{ include "onus.fromSecret" (dict "name" "VAPID_PUBLIC_KEY" "secret" . "key" "public-key") }}
{{ include "onus.fromSecret" (dict "name" "VAPID_PRIVATE_KEY" "secret" . "key" "private-key") }}
{{- end }}
{{- with $push.webPush.subject }}
- name: VAPID_SUBJECT
  value: {{ . }}
{{- end }}
{{- end -}}

{{- define "onus.publicHost" -}}
{{ (urlParse .Values.publicUrl).host | splitList ":" | first }}
{{- end -}}

{{/* The secret with a part's certificate. */}}
{{- define "onus.tlsSecret" -}}
{{- if .Values.tls.certManager.enabled -}}
{{ include "onus.fullname" . }}-grpc-tls
{{- else -}}
{{ .Values.tls.existingSecret }}
{{- end -}}
{{- end -}}

{{- define "onus.volumes" -}}
{{- $values := .root.Values -}}
{{ include "onus.dependencyVolumes" . }}
{{- if $values.tls.enabled }}
- name: grpc-tls
  secret:
    secretName: {{ include "onus.tlsSecret" .root }}
{{- end }}
{{- if and (eq .part "gateway") $values.inboundMail.tlsSecret }}
- name: smtp-tls
  secret:
    secretName: {{ $values.inboundMail.tlsSecret }}
{{- end }}
{{- end -}}

{{- define "onus.dependencyVolumes" -}}
{{- $values := .root.Values -}}
- name: tmp
  emptyDir:
    sizeLimit: 512Mi
{{- if and (has "kafka" .needs) $values.kafka.tls.existingSecret }}
- name: kafka-tls
  secret:
    secretName: {{ $values.kafka.tls.existingSecret }}
{{- end }}
{{- if and (has "temporal" .needs) $values.temporal.tls.existingSecret }}
- name: temporal-tls
  secret:
    secretName: {{ $values.temporal.tls.existingSecret }}
{{- end }}
{{- end -}}

{{- define "onus.volumeMounts" -}}
{{- $values := .root.Values -}}
{{ include "onus.dependencyMounts" . }}
{{- if $values.tls.enabled }}
- name: grpc-tls
  mountPath: /etc/onus/tls
  readOnly: true
{{- end }}
{{- if and (eq .part "gateway") $values.inboundMail.tlsSecret }}
- name: smtp-tls
  mountPath: /etc/onus/smtp
  readOnly: true
{{- end }}
{{- end -}}

{{- define "onus.dependencyMounts" -}}
{{- $values := .root.Values -}}
- name: tmp
  mountPath: /tmp
{{- if and (has "kafka" .needs) $values.kafka.tls.existingSecret }}
- name: kafka-tls
  mountPath: /etc/onus/kafka
  readOnly: true
{{- end }}
{{- if and (has "temporal" .needs) $values.temporal.tls.existingSecret }}
- name: temporal-tls
  mountPath: /etc/onus/temporal
  readOnly: true
{{- end }}
{{- end -}}

{{/* Those of Temporal: parts whose workers can have versions. */}}
{{- define "onus.workerDeployments" -}}
{{ include "onus.partName" (dict "root" . "part" "ticketWorker") }},{{ include "onus.partName" (dict "root" . "part" "notification") }}
{{- end -}}
