/**
 * Plain-text scenarios: a transcript of commands and the effects that each must have.
 *
 *     # a comment
 *     monitor quorum=majority confirm=2/5s recover=2 mode=rotate job=2s settle=500ms partial=show
 *     members eu:a us:b ap:c          region:group, for the rounds that follow
 *     at 0s due                       a round falls due; rounds are called r1, r2, ...
 *     quarantine eu                   regions that later rounds do not ask; none: nobody
 *     at 100ms vote eu down           `slow`, `by=AGENT` and `round=rN` may follow
 *     at 5s time                      nothing but time
 *     at 6s revise quorum=all         a new revision with these settings changed
 *     restart                         the state goes through JSON and `suspend`
 *     expect verdict=down incident=r2 what the state must say
 *
 * The lines after a command that begin with `->` are its effects, all of them, in order.
 */
import type { Member, Vote } from '@trustmonitor/protocol';
import { parseDuration } from '@trustmonitor/protocol';
import { initialState, nextWake, step, suspend } from '../src/index.ts';
import type { ClosedRound, Effect, EngineConfig, EngineEvent, MonitorState } from '../src/index.ts';

export interface Mismatch {
  readonly line: number;
  readonly command: string;
  readonly expected: readonly string[];
  readonly actual: readonly string[];
}

interface Command {
  readonly line: number;
  readonly text: string;
  readonly expected: string[];
}

const DEFAULTS: EngineConfig = {
  policy: {
    quorum: 'majority',
    confirmRounds: 2,
    confirmAfterMs: 5_000,
    recoverRounds: 2,
    partialOpens: false,
  },
  mode: 'rotate',
  jobMs: 2_000,
  settleMs: 500,
  lingerMs: 0,
};

/** Runs a scenario and returns every command whose effects were not those written. */
export function runScenario(text: string): Mismatch[] {
  const machine = new Machine();
  return commandsOf(text).flatMap(({ line, text: command, expected }) => {
    const actual = machine.run(command);
    const same = actual.join('\n') === expected.join('\n');
    return same ? [] : [{ line, command, expected, actual }];
  });
}

function isCommand(line: string): boolean {
  return line.trim() !== '' && !line.startsWith('#') && !line.startsWith('->');
}

function commandsOf(text: string): Command[] {
  const commands: Command[] = [];
  text.split('\n').forEach((raw, i) => {
    if (isCommand(raw)) commands.push({ line: i + 1, text: raw.trim(), expected: [] });
    else if (raw.startsWith('->')) commands.at(-1)?.expected.push(raw.slice(2).trim());
  });
  return commands;
}

class Machine {
  #state: MonitorState = initialState(1, DEFAULTS);
  #members: Member[] = [];
  #quarantined: string[] = [];
  #drained: string[] = [];
  #rounds = 0;

  run(command: string): string[] {
    const [verb = '', ...words] = command.split(/\s+/);
    switch (verb) {
      case 'monitor':
        this.#state = initialState(1, configFrom(DEFAULTS, words));
        return [];
      case 'members':
        this.#members = words.map((word) => {
          const [region = '', group = region] = word.split(':');
          return { region, group };
        });
        return [];
      case 'quarantine':
        this.#quarantined = words;
        return [];
      case 'drain':
        this.#drained = words;
        return [];
      case 'at':
        return this.#step(this.#event(parseDuration(words[0] ?? ''), words.slice(1)));
      case 'restart':
        this.#state = suspend(JSON.parse(JSON.stringify(this.#state)) as MonitorState);
        return [];
      case 'expect':
        return words.flatMap((word) => this.#unmet(word));
      default:
        throw new Error(`no such command: ${command}`);
    }
  }

  #step(event: EngineEvent): string[] {
    const { state, effects } = step(this.#state, event);
    this.#state = state;
    return effects.map((effect) => this.#describe(effect));
  }

  #event(at: number, [verb, ...words]: string[]): EngineEvent {
    switch (verb) {
      case 'due': {
        this.#rounds += 1;
        const round = `r${this.#rounds}`;
        const out = { quarantined: this.#quarantined, drained: this.#drained };
        return { type: 'round.due', at, round, members: this.#members, ...out };
      }
      case 'vote': {
        const [region = '', vote = ''] = words;
        const round = option(words, 'round') ?? this.#state.round?.id ?? `r${this.#rounds}`;
        const agent = option(words, 'by') ?? `agent-${region}`;
        const slow = words.includes('slow');
        return { type: 'vote', at, round, agent, region, vote: vote as Vote, slow };
      }
      case 'time':
        return { type: 'time', at };
      case 'revise': {
        const revision = this.#state.revision + 1;
        return { type: 'revised', at, revision, config: configFrom(this.#state.config, words) };
      }
      default:
        throw new Error(`no such event: ${verb}`);
    }
  }

  #unmet(word: string): string[] {
    const [name = '', expected] = word.split('=');
    const { verdict, standing, incident, wantsRoundAt, streak, round, grey } = this.#state;
    const facts: Record<string, string> = {
      verdict: verdict ?? 'none',
      standing: standing ?? 'none',
      incident: incident === null ? 'none' : `${incident.id}:${incident.kind}`,
      wants: wantsRoundAt === null ? 'none' : seconds(wantsRoundAt),
      streak: streak === null ? 'none' : `${streak.towards}:${streak.rounds.length}`,
      round: round?.id ?? 'none',
      grey: String(grey.score),
      wake: nextWake(this.#state) === null ? 'none' : seconds(nextWake(this.#state) ?? 0),
    };
    return facts[name] === expected ? [] : [`${name}=${facts[name] ?? '?'}`];
  }

  #describe(effect: Effect): string {
    switch (effect.type) {
      case 'ask':
        return `ask ${effect.phase} ${effect.regions.join(' ')} for ${seconds(effect.expiresInMs)}`;
      case 'vote.counted':
        return `counted ${effect.region} ${effect.vote}`;
      case 'vote.refused':
        return `refused ${effect.region} ${effect.vote}: ${effect.reason}`;
      case 'round.skipped':
        return `skipped ${effect.round}: ${effect.open} is open`;
      case 'round.closed':
        return `closed ${closedRound(effect.round)}`;
      case 'verdict.changed':
        return `verdict ${effect.from ?? 'none'} to ${effect.to}`;
      case 'incident':
        return `incident ${effect.step} ${effect.incident.id} ${effect.verdict} by ${effect.rounds
          .map(({ id }) => id)
          .join(' ')}`;
      case 'monitoring.unknown':
        return `monitoring unknown since ${seconds(effect.since)}`;
      case 'monitoring.restored':
        return 'monitoring restored';
    }
  }
}

function closedRound({ id, verdict, required, votes, members, phase }: ClosedRound): string {
  const groups = new Set(members.map(({ group }) => group)).size;
  return `${id} ${verdict} at ${phase}, ${votes.length} votes, k ${required} of ${groups}`;
}

function configFrom(base: EngineConfig, words: string[]): EngineConfig {
  const [confirmRounds, confirmAfter] = option(words, 'confirm')?.split('/') ?? [];
  const ms = (text: string | undefined, otherwise: number): number =>
    text === undefined ? otherwise : parseDuration(text);
  return {
    policy: {
      quorum: option(words, 'quorum') ?? base.policy.quorum,
      confirmRounds: Number(confirmRounds ?? base.policy.confirmRounds),
      confirmAfterMs: ms(confirmAfter, base.policy.confirmAfterMs),
      recoverRounds: Number(option(words, 'recover') ?? base.policy.recoverRounds),
      partialOpens: (option(words, 'partial') ?? opens(base)) === 'incident',
    },
    mode: (option(words, 'mode') ?? base.mode) as EngineConfig['mode'],
    jobMs: ms(option(words, 'job'), base.jobMs),
    settleMs: ms(option(words, 'settle'), base.settleMs),
    lingerMs: ms(option(words, 'linger'), base.lingerMs),
  };
}

function opens({ policy }: EngineConfig): string {
  return policy.partialOpens ? 'incident' : 'show';
}

function option(words: readonly string[], name: string): string | undefined {
  return words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
}

function seconds(ms: number): string {
  return `${ms / 1_000}s`;
}
