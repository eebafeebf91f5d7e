{{/*
Values that moved, and what to write instead. Each stays here, and in the schema as deprecated, for one minor
version; UPGRADING.md tells it too.
*/}}
{{- define "onus.moved" -}}
gateway.maxMailBytes: write limits.mailBytes, which the gateway and the ticket part share
{{- end -}}

{{/* What the schema cannot say: values that need each other, with the remedy. Fails the render. */}}
{{- define "onus.validate" -}}
{{- $missing := list -}}
{{- $values := .Values -}}
{{- if not $values.auth.existingSecret }}{{ $missing = append $missing "auth.existingSecret: name a secret with internal-key (at least 32 characters) and operator-key (at least 16)" }}{{ end -}}
{{- if not $values.temporal.address }}{{ $missing = append $missing "temporal.address: give host:port of the frontend" }}{{ end -}}
{{- if not $values.kafka.brokers }}{{ $missing = append $missing "kafka.brokers: give at least one host:port" }}{{ end -}}
{{- if not $values.mongodb.existingSecret }}{{ $missing = append $missing "mongodb.existingSecret: name a secret with uri" }}{{ end -}}
{{- if not $values.smtp.existingSecret }}{{ $missing = append $missing "smtp.existingSecret: name a secret with url" }}{{ end -}}
{{- if not $values.smtp.domain }}{{ $missing = append $missing "smtp.domain: give the right side of Message-IDs" }}{{ end -}}
{{- if not $values.smtp.from }}{{ $missing = append $missing "smtp.from: give the sender of notice mails" }}{{ end -}}
{{- if and $values.kafka.sasl.mechanism (not $values.kafka.sasl.existingSecret) }}{{ $missing = append $missing "kafka.sasl.existingSecret: name a secret with username and password" }}{{ end -}}
{{- if and $values.tls.enabled (not $values.tls.certManager.enabled) (not $values.tls.existingSecret) }}{{ $missing = append $missing "tls: turn on tls.certManager.enabled, or name tls.existingSecret (ca.crt, tls.crt, tls.key), or set tls.enabled=false where the network is trusted" }}{{ end -}}
{{- if and (not $values.telemetry.otlpEndpoint) (or $values.telemetry.existingSecret $values.telemetry.sampler $values.telemetry.resourceAttributes) }}{{ $missing = append $missing "telemetry.otlpEndpoint: give the collector's address; without it nothing leaves" }}{{ end -}}
{{- if ne (empty $values.telemetry.samplerArg) (not (hasSuffix "traceidratio" $values.telemetry.sampler)) }}{{ $missing = append $missing "telemetry: a sampler by traceidratio and samplerArg belong together" }}{{ end -}}
{{- range $part := list "ticketWorker" "notification" }}
{{- $own := index $values $part }}
{{- if and $own.keda.enabled $own.autoscaling.enabled }}{{ $missing = append $missing (printf "%s: turn on either keda or autoscaling, not both" $part) }}{{ end -}}
{{- end }}
{{- if and (gt (len (compact (list $values.push.apns.existingSecret $values.push.apns.keyId $values.push.apns.teamId $values.push.apns.topic))) 0) (lt (len (compact (list $values.push.apns.existingSecret $values.push.apns.keyId $values.push.apns.teamId $values.push.apns.topic))) 4) }}{{ $missing = append $missing "push.apns: existingSecret (key.p8), keyId, teamId and topic belong together" }}{{ end -}}
{{- range $path, $migration := include "onus.moved" . | fromYaml }}
{{- $parts := splitList "." $path }}
{{- if dig (index $parts 0) (index $parts 1) nil $values.AsMap | kindIs "invalid" | not }}{{ $missing = append $missing (printf "%s is no value any more: %s" $path $migration) }}{{ end -}}
{{- end }}
{{- if $missing }}
{{- fail (printf "\n\nThis release cannot be installed yet:\n  %s\n" (join "\n  " $missing)) }}
{{- end }}
{{- end -}}
