import { Button, Textarea } from '@mantine/core';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { LIMITS } from '../../../protocol/limits';
import { useDeployments } from '../../api/deployments';
import { rowsOf } from '../../api/pages';
import { usePresumeEnd, useEndSession, useSession, type SessionWithSteps } from '../../api/sessions';
import type { Messages } from '../../messages/en';
import { useFormats, useText } from '../../messages/language';
import { Confirm } from '../../parts/confirm';
import { Facts } from '../../parts/facts';
import { Loaded } from '../../parts/loaded';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { SessionState } from '../../parts/status';
import { Elapsed } from '../../parts/time';
import { useCurrent } from '../current-user';
import { changeText } from '../deployment/deployment-texts';
import { Requester } from '../requester';
import { SessionHalves, SessionTimeline } from './session-logs';
import { SessionProgress } from './session-progress';
import { SessionRecord } from './session-record';
import { bytesOf } from './session-table';

const ENDING = ['ending', 'halting', 'forcing'];

export function SessionScreen() {
  const { id = '' } = useParams();
  const t = useText();
  const session = useSession(id);
  const { data } = session;
  return (
    <Page
      title={data?.reason ?? t.session.title}
      lead={data && <SessionState session={data} />}
      actions={data && <Actions session={data} />}
    >
      <Loaded query={session}>
        {(known) => (
          <>
            <Panel title={t.session.summary}>
              <div className="panel-body">
                <Summary session={known} />
              </div>
              <SessionProgress session={known} />
            </Panel>
            <SessionRecord session={known} />
            <SessionHalves session={known} />
            <SessionTimeline session={known} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Summary({ session }: { session: SessionWithSteps }) {
  const t = useText();
  const formats = useFormats();
  const { isAdmin } = useCurrent();
  const moment = (at: string | null) => at && formats.moment(at);
  return (
    <Facts
      of={[
        [
          t.sessions.device,
          <Link key="device" to={`/devices/${session.deviceId}`}>
            {session.deviceName}
          </Link>,
        ],
        [t.sessions.application, session.applicationId],
        [t.sessions.who, <Requester key="who" of={session.user} />],
        [t.session.granted, session.grant && t.grants[session.grant]],
        [t.session.askedFor, t.open.minutes(session.minutes)],
        [t.session.relay, session.relay && <ChosenRelay key="relay" of={session.relay} />],
        [t.sessions.requested, moment(session.requestedAt)],
        [t.session.approvedAt, moment(session.approvedAt)],
        [t.session.establishedAt, moment(session.establishedAt)],
        [t.session.validUntil, moment(session.validUntil)],
        [t.session.over, moment(session.endedAt)],
        [
          t.sessions.duration,
          session.establishedAt && <Elapsed key="elapsed" from={session.establishedAt} to={session.endedAt} />,
        ],
        [t.sessions.bytes, session.establishedAt && bytesOf(session, t, formats)],
        [
          t.session.deployment,
          isAdmin && session.ending === 'halted-by-deployment' && <HaltedBy key="deployment" sessionId={session.id} />,
        ],
        [t.audit.detail, t.detail(session.detail)],
        [t.session.id, session.id],
      ]}
    />
  );
}

/** The relay of a session, and why it was chosen. */
function ChosenRelay({ of: choice }: { of: NonNullable<SessionWithSteps['relay']> }) {
  const t = useText();
  const formats = useFormats();
  const { relayId, region, preferred, comparedWith: other, passedOver } = choice;
  const of =
    preferred &&
    (preferred.region === region ? preferredText(preferred.only, t) : t.session.relayElsewhere(preferred.region));
  const reasons = [
    of,
    t.session.relayLoad(formats.count(choice.sessions), formats.count(choice.limit)),
    other && t.session.relayCompared(other.relayId, formats.count(other.sessions), formats.count(other.limit)),
    ...passedOver.map((each) => t.session.relayPassedOver(each.relayId, t.relays.obstacles[each.because])),
  ];
  return (
    <>
      {region === null ? relayId : t.session.relayIn(relayId, region)}
      <div className="minor">{reasons.filter((reason) => reason !== null).join('; ')}</div>
    </>
  );
}

const preferredText = (only: boolean, t: Messages): string => (only ? t.session.relayOnly : t.session.relayPreferred);

/** The deployment that halted a session, if it is one of the last ones. For administrators. */
function HaltedBy({ sessionId }: { sessionId: string }) {
  const t = useText();
  const deployment = rowsOf(useDeployments().data).find(({ sessions }) =>
    sessions.some(({ remoteSessionId }) => remoteSessionId === sessionId),
  );
  if (!deployment) return t.deployment.title;
  return <Link to={`/deployment/${deployment.id}`}>{`${t.deployment.title}: ${changeText(deployment, t)}`}</Link>;
}

function Actions({ session }: { session: SessionWithSteps }) {
  const t = useText();
  const { me, isAdmin } = useCurrent();
  const end = useEndSession();
  const override = usePresumeEnd();
  const [reason, setReason] = useState('');
  const { id, state } = session;
  const own = session.user.id === me.id;
  if (state === 'ended') return null;
  return (
    <>
      {own && (
        <Button size="xs" component={Link} to={`/sessions/${id}/view`}>
          {t.session.view}
        </Button>
      )}
      {(own || isAdmin) && !ENDING.includes(state) && (
        <Confirm
          button={t.session.end}
          title={t.session.endQuestion}
          hint={t.session.endHint}
          action={{ ...end, run: (done) => end.mutate(id, { onSuccess: done }) }}
        />
      )}
      {isAdmin && ENDING.includes(state) && (
        <Confirm
          button={t.session.override}
          title={t.session.override}
          hint={t.session.overrideHint}
          action={{ ...override, run: (done) => override.mutate({ id, reason }, { onSuccess: done }) }}
        >
          <Textarea
            label={t.session.overrideReason}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            maxLength={LIMITS.REASON_CHARACTERS}
            required
          />
        </Confirm>
      )}
    </>
  );
}
