import { Button } from '@mantine/core';
import { Link } from 'react-router';
import type { Session } from '../../protocol/api';
import { useEndView } from '../api/browser';
import { useDevice } from '../api/devices';
import type { Messages } from '../messages/en';
import { useFormats, useText } from '../messages/language';
import { Logo } from '../parts/logo';
import { Status } from '../parts/status';
import { useNow } from '../parts/use-now';
import { useCurrent } from './current-user';
import { NewTabButton } from './new-tab-button';

/** What is being looked at, how much has passed, and the way out of it. */
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

function TimeLeft({ until }: { until: string }) {
  const now = useNow(1_000);
  return useFormats().countdown((Date.parse(until) - now) / 1000);
}
