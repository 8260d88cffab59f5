export {
  ERROR_CATALOGUE,
  TrustMonitorError,
  isTrustMonitorError,
  type ErrorCode,
  type ErrorDetails,
  type FieldError,
} from './errors.ts';
export { AnomalyPolicy, anomalyModeOf, anomalyPolicyOf } from './anomalies.ts';
export { parserOf, escapePointer, type Parser } from './parse.ts';
export {
  Base64,
  Count,
  Micros,
  Millis,
  Nullable,
  Sha256Hex,
  Slug,
  Strict,
  Timestamp,
  UUID7_PATTERN,
  Uuid7,
} from './schema.ts';
export { formatDuration, parseDuration } from './duration.ts';
export { formatTimestamp, parseTimestamp } from './time.ts';
export { traceIdOf } from './trace.ts';
export { makeUuid7, uuid7Time } from './uuid7.ts';
export { DUTY_SHARD, SHARD_COUNT, fnv1a, shardOf, shardOfMonitor } from './shards.ts';
export {
  agentPermissions,
  allBeats,
  allCosignatures,
  beatSubject,
  coordinatorPermissions,
  cosignSubject,
  inboxOf,
  inboxPrefix,
  jobQueue,
  jobSubject,
  leafPermissions,
  receiptSubject,
  resultSubject,
  resultsOfAgent,
  resultsOfShard,
  seenSubject,
  witnessSubject,
  type Permissions,
} from './subjects.ts';

export {
  Attribution,
  FAILURE_CLASSES,
  Failure,
  FailureClass,
  type FailureKind,
} from './failure.ts';
export { logOrigin, witnessName } from './log-names.ts';
export { QUORUM_PATTERN, requiredVotes, type QuorumRule } from './quorum-rule.ts';
export { Verdict, Vote } from './verdict.ts';
export {
  MaintenanceEffect,
  MaintenanceInput,
  MaintenanceSchedule,
  MaintenanceWindow,
  completeMaintenance,
  maintenanceInputParser,
  writtenMaintenance,
} from './maintenance.ts';
export { isSelected, Selector, type Selectable } from './selector.ts';
export { StatusPage, StatusPageFiles } from './status-page.ts';
export {
  AlertSeverity,
  HOLD_KINDS,
  QuietHours,
  Routing,
  RoutingInput,
  channelsOf,
  completeRouting,
  routingInputParser,
  writtenRouting,
} from './routing.ts';
export {
  Assertion,
  Comparison,
  LATENCY_PHASES,
  LatencyPhase,
  TextOperator,
  TLS_VERSIONS,
  type JsonLiteral,
  type StatusRange,
} from './assertion.ts';
export { formatAssertion, parseAssertion, schemaFileOf } from './assertion-grammar.ts';
export {
  CheckCommon,
  IpFamily,
  RetryPolicy,
  SecretRef,
  Secrets,
  SentHeaders,
  SentText,
  TlsSettings,
} from './checks/common.ts';
export { DnsCheck } from './checks/dns.ts';
export { GrpcCheck } from './checks/grpc.ts';
export { HeartbeatCheck } from './checks/heartbeat.ts';
export { HttpAuth, HttpCheck } from './checks/http.ts';
export { IcmpCheck } from './checks/icmp.ts';
export { SmtpCheck } from './checks/smtp.ts';
export { TcpCheck, TcpStep } from './checks/tcp.ts';
export { TlsCheck } from './checks/tls.ts';
export { WebsocketCheck } from './checks/websocket.ts';
export { CheckDefinition, targetOf, type CheckType } from './check.ts';
export { Monitor, monitorParser } from './monitor.ts';
export {
  MonitorDefaults,
  MonitorInput,
  completeMonitor,
  completeMonitorWithSecrets,
  monitorInputParser,
  type CompletedMonitor,
} from './monitor-input.ts';
export { ServiceLevel } from './service-level.ts';
export { Slo, SloInput, completeSlo, sloInputParser } from './slo.ts';
export { slugOf } from './slug.ts';
export { matchRegions } from './region-pattern.ts';
export { PUSH, isPush } from './push.ts';
export { ONE_OFF, isOneOff } from './one-off.ts';
export {
  Channel,
  ChannelInput,
  channelParser,
  openChannel,
  publishChannel,
  secretFieldsOf,
  type ChannelType,
  type KeptSecret,
  type OpenedChannel,
} from './channel.ts';

export { Job, jobParser } from './messages/job.ts';
export {
  FailedAssertion,
  MAX_SHAPED_BYTES,
  Observation,
  Phases,
  Result,
  SelfCheck,
  resultParser,
} from './messages/result.ts';
export { Receipt, receiptParser } from './messages/receipt.ts';
export {
  SeenNotice,
  WitnessReply,
  WitnessRequest,
  seenNoticeParser,
  witnessReplyParser,
  witnessRequestParser,
} from './messages/witness.ts';
export { Beat, BeatReply, beatParser, beatReplyParser } from './messages/beat.ts';

export { Envelope, PAYLOAD_TYPES } from './evidence/envelope.ts';
export { BATCH_TYPE, Batch, SeenCheckpoint } from './evidence/batch.ts';
export { JOIN_TYPE, JoinStatement, Nkey } from './evidence/join.ts';
export {
  CredentialRequest,
  CredentialResource,
  JoinRequest,
  JoinTokenInput,
  JoinTokenResource,
  JoinedResource,
  KeyRingInput,
  KeyRingResource,
  MAX_JOIN_TOKEN_SECONDS,
  credentialRequestText,
} from './api/enrolment.ts';
export {
  Delegation,
  KEYRING_TYPE,
  KeyRing,
  KeyRole,
  RingKey,
  RootFile,
  RootKey,
} from './evidence/keyring.ts';
export {
  DecisionPolicy,
  INCIDENT_PREDICATE_TYPE,
  AmendmentReason,
  IncidentPredicate,
  IncidentStatement,
  Member,
  RecordedRound,
  RecordedVote,
  STATEMENT_TYPE,
} from './evidence/record.ts';
export {
  BUNDLE_MEDIA_TYPE,
  Bundle,
  BundledVote,
  IncidentEvidence,
  LogPlace,
} from './evidence/bundle.ts';
export {
  MAX_MAINTENANCE,
  PPM,
  formatPercent,
  UPTIME_PREDICATE_TYPE,
  UptimeFigure,
  UptimeIncident,
  UptimeMaintenance,
  UptimePolicy,
  UptimePredicate,
  UptimeStatement,
  UptimeTime,
} from './evidence/uptime.ts';
export {
  MAINTENANCE_PREDICATE_TYPE,
  MAX_MAINTAINED,
  MaintenancePredicate,
  MaintenanceStatement,
} from './evidence/maintenance.ts';
export { MaintenanceEvidence, REPORT_MEDIA_TYPE, ReportFile } from './evidence/report-file.ts';
export { SERVICE_LABEL, ServiceName } from './service.ts';
export {
  DeployedVersion,
  GATE_PREDICATE_TYPE,
  GATE_RULES,
  GateFacts,
  GateIncident,
  GateLatency,
  GateMonitor,
  GateObjective,
  GateOutcome,
  GatePolicy,
  GatePredicate,
  GateRuleResult,
  GateStage,
  GateStatement,
  GateThresholds,
  MAX_GATE_MONITORS,
  MAX_GATE_OBJECTIVES,
  type GateRule,
} from './evidence/gate.ts';

export { FiledMonitor } from './filed-monitor.ts';
export { writtenMonitor } from './written-monitor.ts';
export { writtenSlo } from './written-slo.ts';
export { Problem, problemParser } from './api/problem.ts';
export { PageOf, PageQuery } from './api/page.ts';
export { AnomalyKind, AnomalyResource, BaselineResource } from './api/anomalies.ts';
export { MonitorPatch, MonitorResource, MonitorRevisionResource } from './api/monitors.ts';
export {
  DEFAULT_OWNER,
  MonitorChange,
  OwnerName,
  PlanInput,
  PlanResult,
  SloChange,
} from './api/plan.ts';
export {
  CreatedToken,
  SCOPES,
  TokenInput,
  TokenResource,
  covers,
  type Scope,
} from './api/tokens.ts';
export { SessionInput, SessionResource, SignInCode, SignInWays } from './api/session.ts';
export { CheckEvent, CheckInput } from './api/checks.ts';
export { LiveEvent } from './api/events.ts';
export { LIVE_EVENT_TYPES } from './api/live-event-types.ts';
export { StatusResource } from './api/status.ts';
export { SilenceInput, SilenceResource } from './api/silences.ts';
export { SliStatus, SloDetail, SloId, SloIncident, SloResource } from './api/slos.ts';
export { SystemResource } from './api/system.ts';
export { MaintenanceResource } from './api/maintenance.ts';
export { BanResource } from './api/bans.ts';
export { NOTICE_TOPICS, NoticeResource, NoticeTopic } from './api/notices.ts';
export { AuditResource } from './api/audit.ts';
export {
  DeploymentInput,
  DeploymentOutcome,
  DeploymentResource,
  DoraMetrics,
} from './api/deployments.ts';
export { GateDecision, GateInput } from './api/gate.ts';
export { RawVote, RoundDetail, RoundResource } from './api/rounds.ts';
export {
  IncidentAckInput,
  IncidentAlert,
  IncidentDetail,
  IncidentNoteInput,
  IncidentResolveInput,
  IncidentNoteResource,
  IncidentResource,
  TimelineEntry,
  type RecordLog,
} from './api/incidents.ts';
export { CheckpointResource } from './api/log.ts';
export { DeliveryResource } from './api/channels.ts';
export { AgentDrainResource, DrainInput, DrainResource } from './api/drain.ts';
export {
  AgentResource,
  HealthResource,
  QuarantineReason,
  RegionLocationInput,
  RegionResource,
} from './api/network.ts';
export {
  History,
  HistoryQuery,
  LatencySummary,
  QuorumHistory,
  RegionHistory,
  Uptime,
  MonitorSchedule,
  UptimeWindow,
} from './api/history.ts';
