/** Which assertions each check kind can be asked. */
import type { Assertion } from './assertion.ts';
import type { CheckType } from './check.ts';

type Subject = Assertion['subject'];

const CERTIFICATE: readonly Subject[] = ['cert.daysLeft', 'tls.version', 'tls.cipher'];
const CONTENT: readonly Subject[] = ['body', 'json', 'jsonSchema', 'size', 'sha256'];

const SUBJECTS: Readonly<Record<CheckType, ReadonlySet<Subject>>> = {
  http: new Set(['status', 'latency', 'header', ...CONTENT, ...CERTIFICATE]),
  /** The content of a conversation is all that was received. */
  tcp: new Set(['latency', ...CONTENT, ...CERTIFICATE]),
  tls: new Set(['latency', ...CERTIFICATE]),
  dns: new Set(['latency', 'dns.answers', 'dns.count', 'dns.rcode']),
  icmp: new Set(['latency', 'loss']),
  grpc: new Set(['latency', 'cert.daysLeft']),
  /** The content is the message that was expected, or the first one received. */
  websocket: new Set(['status', 'latency', 'header', ...CONTENT, ...CERTIFICATE]),
  smtp: new Set(['latency', ...CONTENT, ...CERTIFICATE]),
  heartbeat: new Set(),
};

/** The subjects that a check of this type has something to say about. */
export function subjectsOf(type: CheckType): ReadonlySet<Subject> {
  return SUBJECTS[type];
}
