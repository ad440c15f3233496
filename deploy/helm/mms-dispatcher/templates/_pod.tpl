{{/* A whole number as it was written: YAML's are floats here, and 10000000 would become 1e+07. */}}
{{- define "mms.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) }}{{ printf "%.0f" . }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{- define "mms.environment" -}}
{{- range $name, $value := .Values.settings }}
- name: MMS_{{ upper $name }}
  value: {{ include "mms.text" $value | quote }}
{{- end }}
{{- range .Values.secrets.settings }}
- name: MMS_{{ upper . }}_FILE
  value: /run/secrets/mms/{{ . }}
{{- end }}
{{- end }}

{{/* The pod of a part. Given: root, part, command, seconds (of grace), resources, probes, ports, data (a volume; none: empty). */}}
{{- define "mms.pod" -}}
metadata:
  labels:
    {{- include "mms.labels" . | nindent 4 }}
spec:
  # A Service called mms-web would put MMS_WEB_PORT=tcp://… into every pod.
  enableServiceLinks: false
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: {{ .seconds }}
  {{- with .root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: {{ .part }}
      image: {{ include "mms.image" .root }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      command: {{ toJson .command }}
      env:
        {{- include "mms.environment" .root | trim | nindent 8 }}
        - name: MMS_WEB_HOST
          value: 0.0.0.0
      {{- with .ports }}
      ports:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- toYaml .probes | nindent 6 }}
      resources:
        {{- toYaml .resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      volumeMounts:
        - name: data
          mountPath: /data
        - name: tmp
          mountPath: /tmp
        - name: secrets
          mountPath: /run/secrets/mms
          readOnly: true
        {{- if .root.Values.certificates.configMap }}
        - name: certificates
          mountPath: /etc/mms/certificates
          readOnly: true
        {{- end }}
  volumes:
    {{- if not .data }}
    - name: data
      emptyDir: {}
    {{- end }}
    - name: tmp
      emptyDir:
        sizeLimit: {{ .root.Values.tmp.size }}
    - name: secrets
      secret:
        secretName: {{ include "mms.secret" .root }}
        defaultMode: 0440
        items:
          {{- range .root.Values.secrets.settings }}
          - key: {{ . }}
            path: {{ . }}
          {{- end }}
    {{- with .root.Values.certificates.configMap }}
    - name: certificates
      configMap:
        name: {{ . }}
    {{- end }}
  topologySpreadConstraints:
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "mms.selector" $ | nindent 10 }}
    {{- end }}
  {{- with .root.Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* A volume of a StatefulSet's pod. Given: size, storageClass. */}}
{{- define "mms.claim" -}}
- metadata:
    name: data
  spec:
    accessModes: [ReadWriteOnce]
    {{- with .storageClass }}
    storageClassName: {{ . }}
    {{- end }}
    resources:
      requests:
        storage: {{ .size }}
{{- end }}

{{/* A worker is ready when its sign of life is in the ledger. It is not killed for lack of one: while Redis is away none has one,
and a worker that takes nothing ends itself. */}}
{{- define "mms.workerProbes" -}}
readinessProbe:
  exec:
    command: [python, -m, dispatcher.stack.healthcheck, {{ . }}]
  initialDelaySeconds: 5
  periodSeconds: 15
  timeoutSeconds: 15
{{- end }}
