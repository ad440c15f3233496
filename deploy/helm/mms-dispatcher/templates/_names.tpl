{{- define "mms.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "mms.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains (include "mms.name" .) .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "mms.name" .) | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "mms.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* What finds the pods of a part: it never changes. Given: root, part. */}}
{{- define "mms.selector" -}}
app.kubernetes.io/name: {{ include "mms.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "mms.labels" -}}
{{ include "mms.selector" . }}
app.kubernetes.io/version: {{ .root.Values.image.tag | default .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "mms.secret" -}}
{{- required "secrets.existingSecret names no Secret: make one with the keys of secrets.settings (redis_url, carrierx_token, …), and name it" .Values.secrets.existingSecret }}
{{- end }}

{{- define "mms.metricsSecret" -}}
{{- .Values.metricsToken.secret | default (include "mms.secret" .) }}
{{- end }}
