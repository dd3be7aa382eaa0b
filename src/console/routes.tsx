import { createBrowserRouter, Navigate, type RouteObject } from 'react-router';
import type { ConsoleSection } from '../protocol/console-sections';
import { AdminsOnly } from './screens/frame/admins-only';
import { AgentsScreen } from './screens/agents/agents-screen';
import { AlertSettingsScreen } from './screens/alerts/alert-settings-screen';
import { AlertsScreen } from './screens/alerts/alerts-screen';
import { WebhooksScreen } from './screens/alerts/webhooks-screen';
import { AuditScreen } from './screens/audit/audit-screen';
import { BackupsScreen } from './screens/backups-screen';
import { CampaignScreen } from './screens/campaigns/campaign-screen';
import { CampaignsScreen } from './screens/campaigns/campaigns-screen';
import { NewCampaignScreen } from './screens/campaigns/new-campaign-screen';
import { ClientScreen } from './screens/clients/client-screen';
import { ClientsScreen } from './screens/clients/clients-screen';
import { CustomersScreen } from './screens/customers-screen';
import { DeploymentScreen } from './screens/deployment/deployment-screen';
import { DeviceListScreen } from './screens/deployment/device-list-screen';
import { DeviceScreen } from './screens/devices/device-screen';
import { DevicesScreen } from './screens/fleet/devices-screen';
import { LoggedIn } from './screens/frame/logged-in';
import { FoundDevicesScreen } from './screens/agents/found-devices-screen';
import { FirmwareScreen } from './screens/maintenance/firmware-screen';
import { JobScreen } from './screens/maintenance/job-screen';
import { JobsScreen } from './screens/maintenance/jobs-screen';
import { NotFoundScreen } from './screens/frame/not-found-screen';
import { NoticesScreen } from './screens/notices/notices-screen';
import { OverviewScreen } from './screens/overview-screen';
import { ProfileScreen } from './screens/account/profile-screen';
import { ReportsScreen } from './screens/reports/reports-screen';
import { TemplateScreen } from './screens/reports/template-screen';
import { SecurityScreen } from './screens/security/security-screen';
import { SessionScreen } from './screens/sessions/session-screen';
import { SettingsTemplateScreen } from './screens/settings-templates/settings-template-screen';
import { SettingsTemplatesScreen } from './screens/settings-templates/settings-templates-screen';
import { TemplateEditorScreen } from './screens/settings-templates/template-editor-screen';
import { SessionsScreen } from './screens/sessions/sessions-screen';
import { Shell } from './screens/frame/shell';
import { TokensScreen } from './screens/account/tokens-screen';
import { UsersScreen } from './screens/users/users-screen';
import { ViewScreen } from './screens/session-view/view-screen';

/** The server serves only the sections in the protocol's list when the page is reloaded. */
const section = (path: ConsoleSection, element: React.ReactNode): RouteObject => ({ path, element });

const forAdmins = (path: ConsoleSection, element: React.ReactNode): RouteObject =>
  section(path, <AdminsOnly>{element}</AdminsOnly>);

export const router = createBrowserRouter([
  {
    element: <LoggedIn />,
    children: [
      { path: 'sessions/:id/view', element: <ViewScreen /> },
      {
        element: <Shell />,
        children: [
          { index: true, element: <Navigate to="/overview" replace /> },
          section('overview', <OverviewScreen />),
          section('alerts', <AlertsScreen />),
          {
            path: 'alerts/settings',
            element: (
              <AdminsOnly>
                <AlertSettingsScreen />
              </AdminsOnly>
            ),
          },
          {
            path: 'alerts/webhooks',
            element: (
              <AdminsOnly>
                <WebhooksScreen />
              </AdminsOnly>
            ),
          },
          section('devices', <DevicesScreen />),
          { path: 'devices/:id', element: <DeviceScreen /> },
          section('sessions', <SessionsScreen />),
          { path: 'sessions/:id', element: <SessionScreen /> },
          section('jobs', <JobsScreen />),
          { path: 'jobs/:id', element: <JobScreen /> },
          section('campaigns', <CampaignsScreen />),
          { path: 'campaigns/new', element: <NewCampaignScreen /> },
          { path: 'campaigns/:id', element: <CampaignScreen /> },
          section('settings-templates', <SettingsTemplatesScreen />),
          ...['settings-templates/new', 'settings-templates/:id/edit'].map((path) => ({
            path,
            element: (
              <AdminsOnly>
                <TemplateEditorScreen key={path} />
              </AdminsOnly>
            ),
          })),
          { path: 'settings-templates/:id', element: <SettingsTemplateScreen /> },
          section('firmware', <FirmwareScreen />),
          section('reports', <ReportsScreen />),
          ...['reports/templates/new', 'reports/templates/:id'].map((path) => ({
            path,
            element: (
              <AdminsOnly>
                <TemplateScreen />
              </AdminsOnly>
            ),
          })),
          forAdmins('customers', <CustomersScreen />),
          forAdmins('users', <UsersScreen />),
          forAdmins('clients', <ClientsScreen />),
          { path: 'clients/:id', element: <ClientScreen /> },
          forAdmins('agents', <AgentsScreen />),
          {
            path: 'agents/found',
            element: (
              <AdminsOnly>
                <FoundDevicesScreen />
              </AdminsOnly>
            ),
          },
          section('tokens', <TokensScreen />),
          forAdmins('audit', <AuditScreen />),
          forAdmins('backups', <BackupsScreen />),
          forAdmins('deployment', <DeploymentScreen />),
          { path: 'deployment/:id', element: <DeviceListScreen /> },
          section('notices', <NoticesScreen />),
          section('profile', <ProfileScreen />),
          section('security', <SecurityScreen />),
          { path: '*', element: <NotFoundScreen /> },
        ],
      },
    ],
  },
]);
