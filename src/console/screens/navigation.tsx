import { NavLink } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'react-router';
import type { ConsoleSection } from '../../protocol/console-sections';
import { useText } from '../messages/language';
import {
  AgentsIcon,
  AuditIcon,
  BellIcon,
  ClientsIcon,
  CustomersIcon,
  DeploymentIcon,
  DevicesIcon,
  FirmwareIcon,
  MaintenanceIcon,
  OverviewIcon,
  ProfileIcon,
  SessionsIcon,
  TokensIcon,
  UsersIcon,
} from '../parts/icons';
import { useCurrent } from './current-user';

/** The sections that are available to the user's role. */
export function Navigation() {
  const t = useText();
  const { isAdmin } = useCurrent();
  return (
    <div className="navigation">
      <div className="nav-title">{t.shell.work}</div>
      <Section to="overview" icon={<OverviewIcon />} label={t.overview.title} />
      <Section to="devices" icon={<DevicesIcon />} label={t.devices.title} />
      <Section to="sessions" icon={<SessionsIcon />} label={t.sessions.title} />
      <Section to="jobs" icon={<MaintenanceIcon />} label={t.maintenance.title} />
      <Section to="firmware" icon={<FirmwareIcon />} label={t.firmware.title} />
      {isAdmin && (
        <>
          <div className="nav-title">{t.shell.administration}</div>
          <Section to="customers" icon={<CustomersIcon />} label={t.customers.title} />
          <Section to="agents" icon={<AgentsIcon />} label={t.agents.title} />
          <Section to="users" icon={<UsersIcon />} label={t.users.title} />
          <Section to="clients" icon={<ClientsIcon />} label={t.clients.title} />
          <Section to="deployment" icon={<DeploymentIcon />} label={t.deployment.title} />
          <Section to="audit" icon={<AuditIcon />} label={t.audit.title} />
        </>
      )}
      <div className="nav-title">{t.shell.account}</div>
      <Section to="notices" icon={<BellIcon />} label={t.notices.title} />
      <Section to="tokens" icon={<TokensIcon />} label={t.tokens.title} />
      <Section to="profile" icon={<ProfileIcon />} label={t.profile.title} />
    </div>
  );
}

function Section({ to, icon, label }: { to: ConsoleSection; icon: ReactNode; label: string }) {
  const { pathname } = useLocation();
  const active = pathname === `/${to}` || pathname.startsWith(`/${to}/`);
  return (
    <NavLink
      component={Link}
      to={`/${to}`}
      label={label}
      leftSection={icon}
      active={active}
      aria-current={active ? 'page' : undefined}
    />
  );
}
