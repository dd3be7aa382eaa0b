import { Link } from 'react-router';
import type { Deployment, DeploymentSession, HaltOutcome } from '../../../protocol/deployment';
import { isOpen } from '../../api/deployments';
import { useFormats, useText } from '../../messages/language';
import { Ago, useNow } from '../../parts/time';
import { Empty } from '../../parts/loaded';
import { Panel } from '../../parts/panel';
import { Status, type Tone } from '../../parts/status';
import { Table } from '../../parts/table';

/** A session without traffic for this long is idle. */
const IDLE_MS = 10_000;

const TONES: Record<HaltOutcome, Tone> = {
  open: 'on',
  asked: 'busy',
  ended: 'off',
  forced: 'bad',
  'ended-by-itself': 'off',
};

/** Device list 76 of Fig. 18, kept up to date. */
export function DeviceList({ deployment }: { deployment: Deployment }) {
  const t = useText();
  const { sessions, relayAnswer } = deployment;
  const isDoubtful = isOpen(deployment) && relayAnswer !== null && relayAnswer !== 'complete';
  const emptyHint = isDoubtful ? '' : t.deployment.noDevicesHint;
  return (
    <Panel title={t.deployment.devices}>
      {isDoubtful && (
        <div className="panel-body">
          <div className="notice" role="status">
            {t.deployment.relayAnswers[relayAnswer]}
          </div>
        </div>
      )}
      {sessions.length === 0 ? (
        <Empty title={t.deployment.noDevices} hint={isOpen(deployment) ? emptyHint : t.deployment.noDevicesWere} />
      ) : (
        <Sessions sessions={sessions} stillOpen={isOpen(deployment)} />
      )}
    </Panel>
  );
}

function Sessions({ sessions, stillOpen }: { sessions: DeploymentSession[]; stillOpen: boolean }) {
  const t = useText();
  const formats = useFormats();
  return (
    <Table
      label={t.deployment.devices}
      rows={sessions}
      keyOf={({ remoteSessionId }) => remoteSessionId}
      columns={[
        {
          title: t.sessions.device,
          cell: ({ remoteSessionId, deviceName, deviceId, difference }) =>
            difference === 'unknown-at-server' ? (
              <strong>{deviceName || deviceId || t.deployment.unknownDevice}</strong>
            ) : (
              <>
                <Link to={`/sessions/${remoteSessionId}`} className="strong">
                  {deviceName}
                </Link>
                <div className="minor">{deviceId}</div>
              </>
            ),
        },
        { title: t.sessions.application, cell: ({ applicationId }) => applicationId },
        { title: t.deployment.who, cell: ({ userName }) => userName },
        {
          title: t.deployment.since,
          cell: ({ since }) => since && (stillOpen ? <Ago at={since} /> : formats.moment(since)),
        },
        {
          title: t.sessions.bytes,
          cell: (session) => (
            <>
              {formats.bytes(session.bytesFromDevice)} / {formats.bytes(session.bytesFromTerminal)}
              {(session.outcome === 'open' || session.outcome === 'asked') && <Activity session={session} />}
            </>
          ),
        },
        {
          title: t.deployment.outcome,
          cell: ({ outcome, difference }) => (
            <>
              <Status tone={TONES[outcome]}>{t.deployment.outcomes[outcome]}</Status>
              {difference && <div className="minor difference">{t.deployment.differences[difference]}</div>}
            </>
          ),
        },
      ]}
    />
  );
}

function Activity({ session: { lastActiveAt } }: { session: DeploymentSession }) {
  const t = useText();
  const now = useNow(1_000);
  const moving = lastActiveAt !== null && now - Date.parse(lastActiveAt) < IDLE_MS;
  return (
    <div className="minor">
      <Status tone={moving ? 'busy' : 'off'}>{moving ? t.deployment.moving : t.deployment.idle}</Status>
    </div>
  );
}
