import { Button, Group } from '@mantine/core';
import { Link } from 'react-router';
import type { Session } from '../../../protocol/api';
import { useDevice } from '../../api/devices';
import type { Messages } from '../../messages/en';
import { useFormats, useText } from '../../messages/language';
import { Facts } from '../../parts/facts';
import { Status, toneOf } from '../../parts/status';
import { useCurrent } from '../current-user';
import { OpenButton } from '../sessions/open-dialog';
import { bytesOf } from '../sessions/session-table';

/** The ending of a session, its reason, and what to do next. */
export function ViewEnded({ session }: { session: Session }) {
  const t = useText();
  const formats = useFormats();
  const { me } = useCurrent();
  const device = useDevice(session.deviceId);
  const { ending, denial, establishedAt, detail, applicationId, reason, minutes } = session;
  const halted = ending === 'halted-by-deployment';
  return (
    <section className="view-card panel" aria-labelledby="ended-title">
      <div role="status">
        <h1 id="ended-title">{titleOf(session, t)}</h1>
        {ending && (
          <p>
            <Status tone={toneOf({ state: 'ended', ending })}>{t.endings[ending]}</Status>
          </p>
        )}
        {/* S316 */}
        {halted && (
          <>
            <p>{t.view.haltedWhy}</p>
            <p>{t.view.haltedNext}</p>
          </>
        )}
      </div>
      {denial && <p>{t.access.remedies[denial]}</p>}
      {detail && <p className="minor">{t.detail(detail)}</p>}
      {establishedAt && (
        <Facts
          of={[
            [t.sessions.duration, formats.duration(session.durationSeconds ?? 0)],
            [t.sessions.bytes, bytesOf(session, t, formats)],
          ]}
        />
      )}
      <Group gap="xs" mt="lg">
        {device.data && session.user.id === me.id && session.state === 'ended' && (
          <OpenButton
            device={device.data}
            wish={{ applicationId, reason, minutes }}
            label={t.view.askAgain}
            variant="filled"
          />
        )}
        <Button size="xs" variant="default" component={Link} to={`/devices/${session.deviceId}`}>
          {t.view.toDevicePage}
        </Button>
        <Button size="xs" variant="default" component={Link} to={`/sessions/${session.id}`}>
          {t.view.toSession}
        </Button>
      </Group>
    </section>
  );
}

function titleOf({ state, ending, establishedAt }: Session, t: Messages): string {
  if (!establishedAt) return t.view.notStarted;
  if (ending !== 'halted-by-deployment') return t.view.ended;
  return state === 'ended' ? t.view.halted : t.view.halting;
}
