{{- define "trustmonitor.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "trustmonitor.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "trustmonitor.labels" -}}
{{ include "trustmonitor.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "trustmonitor.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "trustmonitor.apiUrl" -}}
{{- if .Values.agents.apiUrl -}}
{{ .Values.agents.apiUrl }}
{{- else if .Values.coordinator.publicUrl -}}
{{ .Values.coordinator.publicUrl }}
{{- else if .Values.coordinator.enabled -}}
http://{{ include "trustmonitor.fullname" . }}.{{ .Release.Namespace }}.svc:{{ .Values.coordinator.service.port }}
{{- else if .Values.agents.regions -}}
{{- fail "agents.apiUrl: this release has agents and no coordinator; name the API that they join at" -}}
{{- end -}}
{{- end -}}

{{/* Of the pod: nobody's root, and nothing that the kernel could be asked for. */}}
{{- define "trustmonitor.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
# Otherwise each start would open keys that are their owner's alone to the volume's group.
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "trustmonitor.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{/* The authority of the broker's certificates: volume, mount, variable. */}}
{{- define "trustmonitor.hasCa" -}}
{{- if and .Values.ca.secret .Values.ca.configMap -}}
{{- fail "ca: name a Secret or a ConfigMap, not both" -}}
{{- end -}}
{{- if or .Values.ca.secret .Values.ca.configMap }}yes{{ end -}}
{{- end -}}

{{- define "trustmonitor.caVolume" -}}
- name: ca
  {{- if .Values.ca.secret }}
  secret:
    secretName: {{ .Values.ca.secret }}
    items: [{ key: {{ .Values.ca.key | quote }}, path: ca.pem }]
  {{- else }}
  configMap:
    name: {{ .Values.ca.configMap }}
    items: [{ key: {{ .Values.ca.key | quote }}, path: ca.pem }]
  {{- end }}
{{- end -}}

{{- define "trustmonitor.caMount" -}}
- { name: ca, mountPath: /run/trustmonitor/ca, readOnly: true }
{{- end -}}

{{/* A map of settings as variables, in the order of their names. */}}
{{- define "trustmonitor.settings" -}}
{{- range $name, $value := . }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end -}}
