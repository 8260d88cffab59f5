export {
  makeAuthority,
  makeCertificate,
  type CertificateOptions,
  type Identity,
} from './certificates.ts';
export { startHttpTarget, type HttpTarget, type HttpTargetOptions } from './http-target.ts';
export {
  lineServer,
  replyOnce,
  startFullTarget,
  startRawTarget,
  startTlsTarget,
  type Behaviour,
} from './raw-target.ts';
export { freePort, listen, LOOPBACK, type Target } from './target.ts';
export { hostileResponses, type HostileResponse } from './hostile-responses.ts';
export { startOtlpCollector, type CollectedSpan, type OtlpCollector } from './otlp-collector.ts';
