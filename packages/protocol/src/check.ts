/** The check definition: everything an agent needs to know to probe, and what is signed about. */
import Type, { type Static } from 'typebox';
import { DnsCheck } from './checks/dns.ts';
import { GrpcCheck } from './checks/grpc.ts';
import { HeartbeatCheck } from './checks/heartbeat.ts';
import { HttpCheck } from './checks/http.ts';
import { IcmpCheck } from './checks/icmp.ts';
import { SmtpCheck } from './checks/smtp.ts';
import { TcpCheck } from './checks/tcp.ts';
import { TlsCheck } from './checks/tls.ts';
import { WebsocketCheck } from './checks/websocket.ts';

/** One schema per check kind, told apart by `type`; adding a kind is a file and a line. */
export const CheckDefinition = Type.Union([
  HttpCheck,
  TcpCheck,
  TlsCheck,
  DnsCheck,
  IcmpCheck,
  GrpcCheck,
  WebsocketCheck,
  SmtpCheck,
  HeartbeatCheck,
]);
export type CheckDefinition = Static<typeof CheckDefinition>;
export type CheckType = CheckDefinition['type'];

/** What the check looks at, for people and for the record's subject. */
export function targetOf(check: CheckDefinition): string {
  switch (check.type) {
    case 'http':
    case 'websocket':
      return check.url;
    case 'dns':
      return `dns:${check.host}?type=${check.dns.recordType}`;
    case 'icmp':
      return `icmp://${check.host}`;
    case 'heartbeat':
      return `heartbeat every ${check.heartbeat.periodMs / 1_000}s`;
    case 'tcp':
    case 'tls':
    case 'grpc':
    case 'smtp': {
      const host = check.host.includes(':') ? `[${check.host}]` : check.host;
      return `${check.type}://${host}:${check.port}`;
    }
  }
}
