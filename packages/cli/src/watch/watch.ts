/** Watching: the board is read, then kept by what is told; it is read again when that had gaps. */
import { TrustMonitorError, type MonitorResource, type Member } from '@trustmonitor/protocol';
import { ApiClient } from '../api/client.ts';
import { locateApi, type ApiLocation, type ApiOptions } from '../api/locate.ts';
import type { Context } from '../context.ts';
import { boardOf, type Board } from './board.ts';
import { follow, type Following, type Notice } from './follow.ts';
import { frameOf } from './frame.ts';
import { LiveBoard } from './live-board.ts';
import { Presence } from './presence.ts';
import { Screen } from './screen.ts';
import { eventLine } from './words.ts';

export interface WatchOptions extends ApiOptions {
  readonly json?: boolean | undefined;
}

/** A vote is seen as soon as it is told; more often than this nobody could read it. */
const DRAW_EVERY_MS = 100;
/** Monitors that were added, paused or deleted are told of by no event. */
const READ_EVERY_MS = 30_000;

/** Until aborted. Throws `not_found` for a monitor that is not there. */
export async function watch(
  names: readonly string[],
  options: WatchOptions,
  context: Context,
  { signal, retryMs }: Pick<Following, 'signal' | 'retryMs'>,
): Promise<void> {
  const locate = () => locateApi(options, context.settings);
  const monitor = names.length === 1 ? (names[0] ?? null) : null;
  const first = await readBoard(await locate(), names, new Map());
  requireAll(names, first);
  const notices = follow({
    locate,
    monitor,
    signal,
    ...(retryMs === undefined ? {} : { retryMs }),
  });
  const { stdoutIsTerminal } = context.terminal;
  if (options.json !== true && stdoutIsTerminal) {
    const live = new LiveBoard(first, async (before) => readBoard(await locate(), names, before));
    await redraw(notices, live, context);
  } else await tell(notices, new Set(names), options.json === true, context);
}

/** One line for each event. */
async function tell(
  notices: AsyncIterable<Notice>,
  wanted: ReadonlySet<string>,
  asJson: boolean,
  { terminal }: Context,
): Promise<void> {
  const presence = new Presence(Date.now());
  const silence = setInterval(() => {
    const text = presence.news(Date.now());
    if (text !== null) terminal.say(text);
  }, 1_000);
  try {
    for await (const notice of notices) {
      presence.note(notice, Date.now());
      const text = presence.news(Date.now());
      if (text !== null) terminal.say(text);
      if (notice.type === 'reset') terminal.say('events are missing here: they are no longer kept');
      if (notice.type !== 'event') continue;
      const { id, event } = notice;
      if (wanted.size > 0 && !('monitor' in event && wanted.has(event.monitor))) continue;
      terminal.print(asJson ? JSON.stringify({ id, ...event }) : eventLine(event, terminal.paint));
    }
  } finally {
    clearInterval(silence);
  }
}

/** One line for each monitor, redrawn in place. */
async function redraw(
  notices: AsyncIterable<Notice>,
  live: LiveBoard,
  { terminal }: Context,
): Promise<void> {
  const presence = new Presence(Date.now());
  const screen = new Screen(terminal);
  const draw = (): void => {
    const status = presence.status(Date.now());
    screen.draw(frameOf(live.board, status, terminal.size(), terminal.paint));
  };
  const drawing = setInterval(draw, DRAW_EVERY_MS);
  const reading = setInterval(() => void live.readAgain(), READ_EVERY_MS);
  let wasLost = false;
  try {
    draw();
    for await (const notice of notices) {
      presence.note(notice, Date.now());
      if (notice.type === 'event') live.apply(notice.event);
      if (notice.type === 'reset' || (notice.type === 'open' && wasLost)) void live.readAgain();
      if (notice.type === 'open' || notice.type === 'lost') wasLost = notice.type === 'lost';
    }
  } finally {
    clearInterval(drawing);
    clearInterval(reading);
    draw();
  }
}

async function readBoard(
  location: ApiLocation,
  names: readonly string[],
  before: Board,
): Promise<Board> {
  const api = new ApiClient(location);
  const all: readonly MonitorResource[] = await api.monitors();
  const wanted = names.length === 0 ? all : all.filter(({ id }) => names.includes(id));
  return boardOf(wanted, await regionsOf(api), before);
}

/** A token may be good for monitors and events only: regions are then known once they vote. */
async function regionsOf(api: ApiClient): Promise<Member[]> {
  const regions = await api.network.regions().catch(() => []);
  return regions.map(({ region, group }) => ({ region, group }));
}

function requireAll(names: readonly string[], board: Board): void {
  const missing = names.find((name) => !board.has(name));
  if (missing === undefined) return;
  throw new TrustMonitorError('not_found', `there is no monitor ${missing}`, {
    hint: '`trustmonitor monitors` lists those there are',
  });
}
