import type { ComponentType } from 'react';
import { Navigate, type RouteObject } from 'react-router';
import type { ConsoleSection } from '../protocol/console-sections';
import { loadCode } from './loading/code';
import { ScreenNotLoaded } from './loading/not-loaded';
import { AdminsOnly } from './screens/frame/admins-only';
import { LoadingScreen } from './screens/frame/loading-screen';
import { LoggedIn } from './screens/frame/logged-in';
import { NotFoundScreen } from './screens/frame/not-found-screen';
import { Shell } from './screens/frame/shell';

/** The server serves only the sections in the protocol's list when the page is reloaded. */
type Path = ConsoleSection | `${ConsoleSection}/${string}`;

/**
 * The code of a screen is loaded when its route is opened; until then the previous screen is shown. Routes that share a
 * screen do not share its state.
 */
const screen = <Name extends string>(
  path: Path,
  name: Name,
  load: () => Promise<Record<Name, ComponentType>>,
): RouteObject => ({
  path,
  hydrateFallbackElement: <LoadingScreen />,
  lazy: async () => {
    const Screen: ComponentType = (await loadCode(load))[name];
    return { element: <Screen key={path} /> };
  },
});

const reportTemplate = () => import('./screens/reports/template-screen');
const templateEditor = () => import('./screens/settings-templates/template-editor-screen');

export const routes: RouteObject[] = [
  {
    element: <LoggedIn />,
    children: [
      {
        errorElement: <ScreenNotLoaded />,
        children: [screen('sessions/:id/view', 'ViewScreen', () => import('./screens/session-view/view-screen'))],
      },
      {
        element: <Shell />,
        children: [
          { index: true, element: <Navigate to="/overview" replace /> },
          {
            errorElement: <ScreenNotLoaded />,
            children: [
              screen('overview', 'OverviewScreen', () => import('./screens/overview-screen')),
              screen('alerts', 'AlertsScreen', () => import('./screens/alerts/alerts-screen')),
              screen('devices', 'DevicesScreen', () => import('./screens/fleet/devices-screen')),
              screen('devices/:id', 'DeviceScreen', () => import('./screens/devices/device-screen')),
              screen('sessions', 'SessionsScreen', () => import('./screens/sessions/sessions-screen')),
              screen('sessions/:id', 'SessionScreen', () => import('./screens/sessions/session-screen')),
              screen('jobs', 'JobsScreen', () => import('./screens/maintenance/jobs-screen')),
              screen('jobs/:id', 'JobScreen', () => import('./screens/maintenance/job-screen')),
              screen('campaigns', 'CampaignsScreen', () => import('./screens/campaigns/campaigns-screen')),
              screen('campaigns/new', 'NewCampaignScreen', () => import('./screens/campaigns/new-campaign-screen')),
              screen('campaigns/:id', 'CampaignScreen', () => import('./screens/campaigns/campaign-screen')),
              screen(
                'settings-templates',
                'SettingsTemplatesScreen',
                () => import('./screens/settings-templates/settings-templates-screen'),
              ),
              screen(
                'settings-templates/:id',
                'SettingsTemplateScreen',
                () => import('./screens/settings-templates/settings-template-screen'),
              ),
              screen('firmware', 'FirmwareScreen', () => import('./screens/maintenance/firmware-screen')),
              screen('reports', 'ReportsScreen', () => import('./screens/reports/reports-screen')),
              screen('clients/:id', 'ClientScreen', () => import('./screens/clients/client-screen')),
              screen('tokens', 'TokensScreen', () => import('./screens/account/tokens-screen')),
              screen('deployment/:id', 'DeviceListScreen', () => import('./screens/deployment/device-list-screen')),
              screen('notices', 'NoticesScreen', () => import('./screens/notices/notices-screen')),
              screen('profile', 'ProfileScreen', () => import('./screens/account/profile-screen')),
              screen('security', 'SecurityScreen', () => import('./screens/security/security-screen')),
              {
                element: <AdminsOnly />,
                children: [
                  screen(
                    'alerts/settings',
                    'AlertSettingsScreen',
                    () => import('./screens/alerts/alert-settings-screen'),
                  ),
                  screen('alerts/webhooks', 'WebhooksScreen', () => import('./screens/alerts/webhooks-screen')),
                  screen('settings-templates/new', 'TemplateEditorScreen', templateEditor),
                  screen('settings-templates/:id/edit', 'TemplateEditorScreen', templateEditor),
                  screen('reports/templates/new', 'TemplateScreen', reportTemplate),
                  screen('reports/templates/:id', 'TemplateScreen', reportTemplate),
                  screen('customers', 'CustomersScreen', () => import('./screens/customers-screen')),
                  screen('users', 'UsersScreen', () => import('./screens/users/users-screen')),
                  screen('clients', 'ClientsScreen', () => import('./screens/clients/clients-screen')),
                  screen('agents', 'AgentsScreen', () => import('./screens/agents/agents-screen')),
                  screen('agents/found', 'FoundDevicesScreen', () => import('./screens/agents/found-devices-screen')),
                  screen('audit', 'AuditScreen', () => import('./screens/audit/audit-screen')),
                  screen('backups', 'BackupsScreen', () => import('./screens/backups-screen')),
                  screen('deployment', 'DeploymentScreen', () => import('./screens/deployment/deployment-screen')),
                ],
              },
              { path: '*', element: <NotFoundScreen /> },
            ],
          },
        ],
      },
    ],
  },
];
