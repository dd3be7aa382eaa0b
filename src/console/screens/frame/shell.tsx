import { AppShell, Burger, Button, Menu, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useEffect } from 'react';
import { Link, Outlet, useLocation, useNavigation } from 'react-router';
import { useChangeProfile, useLogOut } from '../../api/login';
import { useText } from '../../messages/language';
import { Logo, LogOutIcon, ProfileIcon } from '../../parts/icons';
import { Status } from '../../parts/status';
import { useCurrent } from '../current-user';
import { Navigation } from './navigation';
import { NoticeBell } from '../notices/notice-bell';
import { Preferences } from './preferences';

/** The frame around every screen: bar, navigation, content. */
export function Shell() {
  const t = useText();
  const [opened, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  const isLoading = useNavigation().state === 'loading';
  useEffect(close, [pathname, close]);
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 212, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={{ base: 'sm', sm: 'lg' }}
    >
      <a className="skip" href="#content">
        {t.actions.skip}
      </a>
      <AppShell.Header className="surface">
        <div className="bar">
          <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t.actions.menu} />
          <Link to="/overview" className="brand">
            <Logo />
            {t.product}
          </Link>
          <span className="grow" />
          <ConnectionHint />
          <NoticeBell />
          <AccountMenu />
        </div>
      </AppShell.Header>
      <AppShell.Navbar className="surface" aria-label={t.shell.navigation}>
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} aria-busy={isLoading}>
        {isLoading && <div className="screen-loading" />}
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}

function ConnectionHint() {
  const t = useText();
  const { connected } = useCurrent();
  return (
    <span role="status" className="connection-hint">
      {!connected && (
        <Tooltip label={t.shell.reconnectingHint}>
          <span>
            <Status tone="busy">{t.shell.reconnecting}</Status>
          </span>
        </Tooltip>
      )}
    </span>
  );
}

function AccountMenu() {
  const t = useText();
  const { me } = useCurrent();
  const logOut = useLogOut();
  const change = useChangeProfile();
  return (
    <>
      <Preferences onLanguage={(language) => change.mutate({ language })} />
      <Menu position="bottom-end">
        <Menu.Target>
          <Button
            variant="subtle"
            color="gray"
            c="inherit"
            px={8}
            leftSection={<ProfileIcon />}
            className="account"
            aria-label={`${t.shell.account}: ${me.displayName}`}
          >
            {me.displayName}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>
            {me.username} · {t.roles[me.role]}
          </Menu.Label>
          <Menu.Item component={Link} to="/profile" leftSection={<ProfileIcon size={16} />}>
            {t.shell.profile}
          </Menu.Item>
          <Menu.Item leftSection={<LogOutIcon size={16} />} onClick={() => logOut.mutate()}>
            {t.shell.logOut}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
