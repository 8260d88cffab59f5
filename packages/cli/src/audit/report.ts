/** What an audit says: one finding per check, with a stable code. */
import { TrustMonitorError } from '@trustmonitor/protocol';

/** Every check, in the order in which it is printed; `docs/log.md` lists the same. */
export const AUDIT_CHECKS = {
  'keyring.chain': 'The served key rings are signed, from the pinned root on, without gaps',
  'log.signature': 'The log signed its newest checkpoint',
  'witness.policy': 'Enough witnesses cosigned it',
  'log.entries': 'Every leaf up to the checkpoint is served',
  'log.root': 'The leaves make the root of the checkpoint',
  'log.tiles': 'Every stored tile is what the leaves make',
  'log.leaves': 'Every leaf has the form of a logged document',
  'log.documents': 'Every logged document is served, and is the one that its leaf names',
  'log.signers': 'Every document is signed by a key of the key rings, in its role, not revoked',
  'keyring.logged': 'The key ring versions are logged, all and in order',
  'batch.chain': "Each agent's batches follow each other, none missing, none twice",
  'incident.chain': "Each incident's records follow each other, step by step, none missing",
  'maintenance.chain': 'Each window of maintenance is announced once, and at most ended early',
  'report.complete':
    'Each uptime report names every logged incident of its monitor and period, and maintenance as announced',
  'decision.complete':
    'Each decision of the gate names every incident that was open when it was made',
} as const;

export type AuditCode = keyof typeof AUDIT_CHECKS;

export interface AuditFinding {
  readonly code: AuditCode;
  readonly ok: boolean;
  /** What was found; where it fails, the first faults. */
  readonly detail: string;
  /** How many faults there are. */
  readonly faults: number;
}

export interface AuditReport {
  readonly passed: boolean;
  readonly origin: string | null;
  /** Leaves under the audited checkpoint. */
  readonly size: number | null;
  /** Checks that could not be made because of an earlier failure are left out. */
  readonly checks: readonly AuditFinding[];
}

const FAULTS_TOLD = 3;

/** Collects faults while the log streams by; a rotten log of a million leaves stays small here. */
export class Findings {
  readonly #passes = new Map<AuditCode, string>();
  readonly #faults = new Map<AuditCode, { count: number; told: string[] }>();

  /** The check is through; unless it had faults, this is what it says. */
  done(code: AuditCode, detail: string): void {
    this.#passes.set(code, detail);
  }

  fault(code: AuditCode, detail: string): void {
    const { count, told } = this.#faults.get(code) ?? { count: 0, told: [] };
    if (told.length < FAULTS_TOLD) told.push(detail);
    this.#faults.set(code, { count: count + 1, told });
  }

  /** Runs a step; what it throws is a fault of that check, and null comes back. */
  attempt<T>(code: AuditCode, step: () => T, where = ''): T | null {
    try {
      return step();
    } catch (error) {
      this.fault(code, where + reasonOf(error));
      return null;
    }
  }

  list(): AuditFinding[] {
    return (Object.keys(AUDIT_CHECKS) as AuditCode[]).flatMap((code): AuditFinding[] => {
      const faults = this.#faults.get(code);
      if (faults !== undefined) return [{ code, ok: false, ...detailOf(faults) }];
      const detail = this.#passes.get(code);
      return detail === undefined ? [] : [{ code, ok: true, detail, faults: 0 }];
    });
  }
}

function detailOf({ count, told }: { count: number; told: readonly string[] }) {
  const more = count > told.length ? ` (and ${count - told.length} more)` : '';
  return { detail: told.join('; ') + more, faults: count };
}

/** Faults of the code itself are no findings. */
export function reasonOf(error: unknown): string {
  if (error instanceof TrustMonitorError) return error.message;
  throw error;
}
