/** How a check that runs once is shown while it runs. */
import type { CheckEvent, Phases, Result, Vote } from '@trustmonitor/protocol';
import type { Colour, Paint } from '../output/paint.ts';
import { printable } from '../output/printable.ts';
import { colourOfVerdict } from '../output/words.ts';

type Started = Extract<CheckEvent, { type: 'check.started' }>;
type Reported = Extract<CheckEvent, { type: 'check.result' }>;
type Verdict = Extract<CheckEvent, { type: 'check.verdict' }>;

const COLOUR_OF_VOTE: Readonly<Record<Vote, Colour>> = { up: 'green', down: 'red', abstain: 'dim' };

export class CheckPrinter {
  readonly #paint: Paint;
  readonly #hasTiming: boolean;
  #width = 0;

  constructor(paint: Paint, hasTiming: boolean) {
    this.#paint = paint;
    this.#hasTiming = hasTiming;
  }

  /** One line for people who wait. */
  started({ target, members, required }: Started): string {
    this.#width = Math.max(...members.map(({ region }) => region.length));
    const names = members.map(({ region }) => region).join(', ');
    return printable(`${target} from ${names}; ${required} must agree`);
  }

  /** `eu-west  up  200  134.2ms`, and the phases below where they were asked for. */
  result({ region, vote, result }: Reported): string {
    const word = vote ?? 'retry';
    const colour = vote === null ? 'yellow' : COLOUR_OF_VOTE[vote];
    const seen = `${milliseconds(result.phases.totalUs).padStart(9)}  ${whatWasSeen(result)}`;
    const line = `${region.padEnd(this.#width)}  ${this.#paint(colour, word.padEnd(7))}  ${printable(seen)}`;
    const phases = this.#hasTiming ? waterfall(result.phases, this.#paint) : [];
    return [line.trimEnd(), ...phases].join('\n');
  }

  silent(region: string): string {
    return `${region.padEnd(this.#width)}  ${this.#paint('dim', 'silent')}   no answer in time: no vote`;
  }

  verdict({ verdict, required, up, down, abstained }: Verdict): string {
    const counts = [`${up.length} up`, `${down.length} down`, `${abstained.length} without a vote`];
    const said = counts.filter((text) => !text.startsWith('0 ')).join(', ');
    return `${this.#paint(colourOfVerdict(verdict), verdict)}: ${said}; ${required} must agree`;
  }
}

function whatWasSeen({ response, failure }: Result): string {
  const parts = [
    String(response?.status ?? ''),
    response?.address ?? '',
    failure === null ? '' : `${failure.class}: ${failure.detail}`,
  ];
  return parts.filter((part) => part !== '').join('  ');
}

const BAR_COLUMNS = 40;

/** A bar for each phase, beginning where the one before it ended. */
function waterfall(phases: Phases, paint: Paint): string[] {
  const steps = [
    ['resolve', phases.resolveUs],
    ['connect', phases.connectUs],
    ['tls', phases.tlsUs],
    ['processing', phases.processingUs],
    ['transfer', phases.transferUs],
  ] as const;
  const wholeUs = Math.max(1, phases.totalUs, ...steps.map(([, us]) => us ?? 0));
  const columnOf = (us: number): number =>
    Math.min(BAR_COLUMNS, Math.round((us / wholeUs) * BAR_COLUMNS));
  let startUs = 0;
  return steps.flatMap(([name, us]) => {
    if (us === null) return [];
    const from = columnOf(startUs);
    startUs += us;
    const bar = '█'.repeat(Math.max(1, columnOf(startUs) - from));
    const offset = ' '.repeat(Math.min(from, BAR_COLUMNS - 1));
    return [
      `  ${paint('dim', name.padEnd(10))} ${milliseconds(us).padStart(9)}  ${offset}${paint('cyan', bar)}`,
    ];
  });
}

function milliseconds(us: number): string {
  return `${(us / 1_000).toFixed(1)}ms`;
}
