import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { Link } from 'react-router';
import type { Session } from '../../../protocol/api';
import { useBrowserSession, useEndView } from '../../api/browser';
import { useDevice } from '../../api/devices';
import type { Messages } from '../../messages/en';
import { useFormats, useText } from '../../messages/language';
import { Logo, NewTabIcon } from '../../parts/icons';
import { Status } from '../../parts/status';
import { useTimeLeft } from '../../parts/time';
import { useCurrent } from '../current-user';
import { enter } from '../sessions/enter-session';

/** Device and application, bytes and time left, and the button that ends the session. */
export function ViewBar({ session }: { session: Session }) {
  const t = useText();
  const formats = useFormats();
  const device = useDevice(session.deviceId);
  const { me } = useCurrent();
  const end = useEndView();
  const running = session.state === 'established' && !session.ending;
  const title = device.data?.applications.find(({ id }) => id === session.applicationId)?.title;
  return (
    <header className="view-bar surface">
      <Link to={`/devices/${session.deviceId}`} className="brand" aria-label={t.view.toDevicePage}>
        <Logo />
      </Link>
      <div className="view-name">
        <strong>{session.deviceName}</strong>
        <span className="minor">
          {title ?? session.applicationId}
          {session.grant === 'view' && ` · ${t.grants.view}`}
        </span>
      </div>
      {running && (
        <dl className="view-facts">
          <div>
            <dt>{t.view.timeLeft}</dt>
            <dd>{session.validUntil && <TimeLeft until={session.validUntil} />}</dd>
          </div>
          <div className="bytes">
            <dt>{t.view.fromDevice}</dt>
            <dd>{formats.bytes(session.bytesFromDevice)}</dd>
          </div>
          <div className="bytes">
            <dt>{t.view.toDevice}</dt>
            <dd>{formats.bytes(session.bytesFromTerminal)}</dd>
          </div>
        </dl>
      )}
      <span className="grow" />
      {!running && session.state !== 'ended' && <Status tone="busy">{stateOf(session, t)}</Status>}
      {running && session.user.id === me.id && <NewTabButton session={session} />}
      {running && (
        <Button size="xs" color="red" loading={end.isPending} onClick={() => end.mutate(session.id)}>
          {t.view.end}
        </Button>
      )}
    </header>
  );
}

const stateOf = ({ state, ending }: Session, t: Messages): string =>
  ending === 'halted-by-deployment' ? t.view.deploying : t.states[state];

const TimeLeft = ({ until }: { until: string }) => useTimeLeft(until);

/** Opens the device's pages in a separate tab, with another entry ticket. */
function NewTabButton({ session }: { session: Session }) {
  const t = useText();
  const ask = useBrowserSession();
  const open = (): void => {
    // open the tab now, because the browser allows it only during the click; its address follows with the answer
    const target = `platen-tab-${Date.now()}`;
    const tab = window.open('', target);
    ask.mutate(session.id, {
      onSuccess: (browser) => enter(browser, target),
      onError: () => tab?.close(),
    });
  };
  return (
    <Tooltip label={t.view.newTab}>
      <ActionIcon variant="default" size={30} aria-label={t.view.newTab} loading={ask.isPending} onClick={open}>
        <NewTabIcon size={17} />
      </ActionIcon>
    </Tooltip>
  );
}
