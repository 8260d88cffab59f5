/** What stands around every page: the way to the others, and whether what is shown is live. */
import { useEffect, useRef, useState, type ReactNode, type RefObject } from 'react';
import type { LiveState } from '../api/feed.ts';
import { useLiveState } from '../api/live.ts';
import { Link } from '../navigation.tsx';
import { paths, titleOf, type Route } from '../routes.ts';
import { useSession } from '../session.tsx';
import { ActButton } from './act.tsx';
import { Brand } from './brand.tsx';
import { Icon, type IconName } from './icon.tsx';
import { ThemeChoice } from './theme.tsx';

type Entry = readonly [to: string, words: string, icon: IconName, pages: readonly Route['page'][]];

const WATCHED: readonly Entry[] = [
  [paths.overview, 'Overview', 'overview', ['overview', 'monitor', 'editor']],
  [paths.incidents, 'Incidents', 'incident', ['incidents', 'incident', 'evidence']],
  [paths.slos, 'Service levels', 'slo', ['slos', 'slo']],
  [paths.check, 'Check now', 'check', ['check']],
];

const KEPT: readonly Entry[] = [
  [paths.regions, 'Regions', 'regions', ['regions']],
  [paths.notifications, 'Notifications', 'bell', ['notifications']],
  [paths.maintenance, 'Maintenance', 'maintenance', ['maintenance']],
  [paths.transparency, 'Log', 'log', ['transparency']],
  [paths.settings, 'Settings', 'settings', ['settings']],
];

interface ShellProps {
  readonly route: Route;
  readonly onSignOut: () => Promise<void>;
  readonly children: ReactNode;
}

export function Shell({ route, onSignOut, children }: ShellProps) {
  const { network } = useSession();
  const [isOpen, setOpen] = useState(false);
  useEffect(() => setOpen(false), [route]);
  const main = useArrival(route);
  return (
    <div className="shell">
      <a className="skip-link" href="#main">
        Skip to the page
      </a>
      <div className={isOpen ? 'rail open' : 'rail'}>
        <header className="rail-head">
          <Link to={paths.overview} className="home" aria-label="TrustMonitor, overview">
            <Brand />
          </Link>
          <button
            type="button"
            className="menu"
            aria-expanded={isOpen}
            aria-controls="rail-body"
            onClick={() => setOpen(!isOpen)}
          >
            <Icon name="menu" /> Menu
          </button>
        </header>
        <div id="rail-body" className="rail-body">
          <nav aria-label="Pages">
            <Entries entries={WATCHED} page={route.page} />
            <hr />
            <Entries entries={KEPT} page={route.page} />
          </nav>
          <div className="rail-foot">
            <p>
              <LiveMark /> <span className="network">{network}</span>
            </p>
            <ThemeChoice />
            <ActButton className="quiet" work={onSignOut}>
              <Icon name="leave" /> Sign out
            </ActButton>
          </div>
        </div>
      </div>
      <main id="main" tabIndex={-1} key={route.page} ref={main}>
        {children}
      </main>
    </div>
  );
}

/** A page that is gone to is named in the title, and the keyboard goes on from its beginning. */
function useArrival(route: Route): RefObject<HTMLElement | null> {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(route);
  useEffect(() => {
    document.title = `${titleOf(route)} · TrustMonitor`;
    if (shown.current === route) return;
    shown.current = route;
    // Unless the page has put it somewhere itself.
    const { current } = main;
    if (current?.contains(document.activeElement) === false) current.focus({ preventScroll: true });
  }, [route]);
  useEffect(
    () => () => {
      document.title = 'TrustMonitor';
    },
    [],
  );
  return main;
}

interface EntriesProps {
  readonly entries: readonly Entry[];
  readonly page: Route['page'];
}

function Entries({ entries, page }: EntriesProps) {
  return (
    <ul>
      {entries.map(([to, words, icon, pages]) => (
        <li key={to}>
          <Link to={to} aria-current={pages.includes(page) ? 'page' : undefined}>
            <Icon name={icon} /> {words}
          </Link>
        </li>
      ))}
    </ul>
  );
}

const LIVE_WORDS: Readonly<Record<LiveState, string>> = {
  live: 'Live',
  connecting: 'Connecting',
  lost: 'Not live',
};

function LiveMark() {
  const state = useLiveState();
  return (
    <span className={`live ${state}`} role="status">
      <span aria-hidden="true" /> {LIVE_WORDS[state]}
    </span>
  );
}
