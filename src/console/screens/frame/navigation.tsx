import { Badge, NavLink } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'react-router';
import type { ConsoleSection } from '../../../protocol/console-sections';
import { useUnacknowledgedAlerts } from '../../api/alerts';
import { useText } from '../../messages/language';
import {
  AgentsIcon,
  AuditIcon,
  BackupIcon,
  BellIcon,
  CampaignsIcon,
  ClientsIcon,
  CustomersIcon,
  DeploymentIcon,
  DevicesIcon,
  FirmwareIcon,
  MaintenanceIcon,
  OverviewIcon,
  ProfileIcon,
  ReportsIcon,
  SecurityIcon,
  SessionsIcon,
  TemplateIcon,
  TokensIcon,
  UsersIcon,
  WarningIcon,
} from '../../parts/icons';
import { useCurrent } from '../current-user';

/** The sections that are available to the user's role. */
export function Navigation() {
  const t = useText();
  const { isAdmin } = useCurrent();
  return (
    <div className="navigation">
      <div className="nav-title">{t.shell.work}</div>
      <Section to="overview" icon={<OverviewIcon />} label={t.overview.title} />
      <AlertsSection />
      <Section to="devices" icon={<DevicesIcon />} label={t.devices.title} />
      <Section to="sessions" icon={<SessionsIcon />} label={t.sessions.title} />
      <Section to="jobs" icon={<MaintenanceIcon />} label={t.maintenance.title} />
      <Section to="campaigns" icon={<CampaignsIcon />} label={t.campaigns.title} />
      <Section to="settings-templates" icon={<TemplateIcon />} label={t.templates.title} />
      <Section to="firmware" icon={<FirmwareIcon />} label={t.firmware.title} />
      <Section to="reports" icon={<ReportsIcon />} label={t.reports.title} />
      {isAdmin && (
        <>
          <div className="nav-title">{t.shell.administration}</div>
          <Section to="customers" icon={<CustomersIcon />} label={t.customers.title} />
          <Section to="agents" icon={<AgentsIcon />} label={t.agents.title} />
          <Section to="users" icon={<UsersIcon />} label={t.users.title} />
          <Section to="clients" icon={<ClientsIcon />} label={t.clients.title} />
          <Section to="deployment" icon={<DeploymentIcon />} label={t.deployment.title} />
          <Section to="audit" icon={<AuditIcon />} label={t.audit.title} />
          <Section to="backups" icon={<BackupIcon />} label={t.backups.title} />
        </>
      )}
      <div className="nav-title">{t.shell.account}</div>
      <Section to="notices" icon={<BellIcon />} label={t.notices.title} />
      <Section to="tokens" icon={<TokensIcon />} label={t.tokens.title} />
      <Section to="profile" icon={<ProfileIcon />} label={t.profile.title} />
      <Section to="security" icon={<SecurityIcon />} label={t.security.title} />
    </div>
  );
}

/** With the number of open alerts that are not acknowledged. */
function AlertsSection() {
  const t = useText();
  const { data } = useUnacknowledgedAlerts();
  const count = data && data.rows.length > 0 ? `${data.rows.length}${data.next ? '+' : ''}` : undefined;
  return (
    <Section
      to="alerts"
      icon={<WarningIcon />}
      label={t.alerts.title}
      {...(count && { count: { text: count, title: t.alerts.count(count) } })}
    />
  );
}

function Section({
  to,
  icon,
  label,
  count,
}: {
  to: ConsoleSection;
  icon: ReactNode;
  label: string;
  count?: { readonly text: string; readonly title: string };
}) {
  const { pathname } = useLocation();
  const active = pathname === `/${to}` || pathname.startsWith(`/${to}/`);
  return (
    <NavLink
      component={Link}
      to={`/${to}`}
      label={label}
      leftSection={icon}
      active={active}
      rightSection={
        count && (
          <>
            <Badge size="sm" color="red" circle={count.text.length < 2} aria-hidden="true">
              {count.text}
            </Badge>
            <span className="unseen">{count.title}</span>
          </>
        )
      }
    />
  );
}
