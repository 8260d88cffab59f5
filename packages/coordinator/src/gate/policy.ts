/** Asks the policy in force: the built-in rules, or Open Policy Agent where the settings name one. */
import { conclude, judge } from '@trustmonitor/alerting';
import type { GateFacts, GatePredicate, GateThresholds } from '@trustmonitor/protocol';
import { askOpa, type OpaFault, type OpaSettings } from './opa.ts';

export type Judgement = Pick<GatePredicate, 'policy' | 'outcome' | 'reasons' | 'rules'>;

export interface Judged {
  readonly judgement: Judgement;
  /** What was wrong with OPA's answer; null where it was asked and answered, or not asked. */
  readonly fault: OpaFault | null;
}

const BUILT_IN = { kind: 'built-in', version: 1 } as const;

/** Never throws: a policy that cannot be asked leaves the gate closed. */
export async function judgeFacts(
  facts: GateFacts,
  thresholds: GateThresholds,
  opa: OpaSettings | null,
): Promise<Judged> {
  // Whatever a policy elsewhere makes of no facts at all: nobody is let through who is not watched.
  if (opa === null || facts.monitors.length === 0) {
    const rules = judge(facts, thresholds);
    return { judgement: { policy: BUILT_IN, rules, ...conclude(rules) }, fault: null };
  }
  const answer = await askOpa(opa, { ...facts, thresholds });
  const policy = { kind: 'opa', url: shownUrl(opa.url) } as const;
  if (!answer.decided) {
    const { reason, fault } = answer;
    const outcome = 'indeterminate' as const;
    return {
      judgement: { policy: { ...policy, decisionId: null }, outcome, reasons: [reason], rules: [] },
      fault,
    };
  }
  const { allow, decisionId } = answer;
  const reasons = answer.reasons.length > 0 ? [...answer.reasons] : ['the policy gave no reason'];
  return {
    judgement: {
      policy: { ...policy, decisionId },
      outcome: allow ? 'allowed' : 'refused',
      reasons: allow ? [] : reasons,
      rules: [],
    },
    fault: null,
  };
}

/** Without what may be secret. */
function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
