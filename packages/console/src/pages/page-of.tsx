/** Address -> page. */
import { Link } from '../navigation.tsx';
import { Empty, PageHead } from '../parts/basics.tsx';
import { paths, type Route } from '../routes.ts';
import { CheckPage } from './check.tsx';
import { EditorPage } from './editor.tsx';
import { EvidencePage } from './evidence.tsx';
import { IncidentPage } from './incident.tsx';
import { IncidentsPage } from './incidents.tsx';
import { MaintenancePage } from './maintenance.tsx';
import { MonitorPage } from './monitor.tsx';
import { NotificationsPage } from './notifications.tsx';
import { OverviewPage } from './overview.tsx';
import { RegionsPage } from './regions.tsx';
import { SettingsPage } from './settings.tsx';
import { SloPage, SlosPage } from './slos.tsx';
import { TransparencyPage } from './transparency.tsx';

export function PageOf({ route }: { readonly route: Route }) {
  switch (route.page) {
    case 'overview':
      return <OverviewPage />;
    case 'monitor':
      return <MonitorPage key={route.id} id={route.id} />;
    case 'incidents':
      return <IncidentsPage />;
    case 'incident':
      return <IncidentPage key={route.id} id={route.id} />;
    case 'evidence':
      return <EvidencePage key={route.id} id={route.id} />;
    case 'check':
      return <CheckPage />;
    case 'regions':
      return <RegionsPage />;
    case 'slos':
      return <SlosPage />;
    case 'slo':
      return <SloPage key={route.id} id={route.id} />;
    case 'notifications':
      return <NotificationsPage />;
    case 'maintenance':
      return <MaintenancePage />;
    case 'transparency':
      return <TransparencyPage />;
    case 'settings':
      return <SettingsPage />;
    case 'editor':
      return <EditorPage key={route.id} id={route.id} />;
    case 'nowhere':
      return <Nowhere />;
  }
}

function Nowhere() {
  return (
    <>
      <PageHead title="There is no such page" />
      <Empty>
        <Link to={paths.overview}>Go to the overview</Link>
      </Empty>
    </>
  );
}
