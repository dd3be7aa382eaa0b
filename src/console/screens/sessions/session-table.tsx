import { Link } from 'react-router';
import type { Session } from '../../../protocol/api';
import type { Messages } from '../../messages/en';
import type { Formats } from '../../messages/formats';
import { useFormats, useText } from '../../messages/language';
import { HALF_TONES, SessionState, Status } from '../../parts/status';
import { Table, type Column } from '../../parts/table';
import { Elapsed } from '../../parts/time';
import { Requester } from '../requester';

/** Sessions, newest first. */
export function SessionTable({
  label,
  sessions,
  withoutDevice = false,
  withoutUser = false,
}: {
  label: string;
  sessions: Session[];
  withoutDevice?: boolean;
  withoutUser?: boolean;
}) {
  const t = useText();
  const formats = useFormats();
  const device: Column<Session> = {
    title: t.sessions.device,
    cell: ({ deviceId, deviceName, applicationId }) => (
      <>
        <Link to={`/devices/${deviceId}`}>{deviceName}</Link>
        <div className="minor">{applicationId}</div>
      </>
    ),
  };
  const user: Column<Session> = { title: t.sessions.who, cell: (session) => <Requester of={session.user} /> };
  const columns: Column<Session>[] = [
    {
      title: t.sessions.reason,
      cell: ({ id, reason, requestedAt }) => (
        <>
          <Link to={`/sessions/${id}`} className="strong">
            {reason}
          </Link>
          <div className="minor">{formats.moment(requestedAt)}</div>
        </>
      ),
    },
    ...(withoutDevice ? [] : [device]),
    ...(withoutUser ? [] : [user]),
    { title: t.sessions.state, cell: (session) => <SessionState session={session} /> },
    {
      title: t.sessions.halves,
      cell: (session) =>
        session.device.startedAt || session.state !== 'ended' ? (
          <span className="halves">
            <Status tone={HALF_TONES[session.device.state]}>{t.halfStates[session.device.state]}</Status>
            <Status tone={HALF_TONES[session.terminal.state]}>{t.halfStates[session.terminal.state]}</Status>
          </span>
        ) : null,
    },
    {
      title: t.sessions.bytes,
      numeric: true,
      cell: (session) => (session.establishedAt ? bytesOf(session, t, formats) : null),
    },
    {
      title: t.sessions.duration,
      numeric: true,
      cell: ({ establishedAt, endedAt }) => <Elapsed from={establishedAt} to={endedAt} />,
    },
  ];
  return <Table label={label} columns={columns} rows={sessions} keyOf={({ id }) => id} />;
}

/** The bytes from and to the device. */
export function bytesOf(session: Session, t: Messages, formats: Formats): string {
  const counted = `${formats.bytes(session.bytesFromDevice)} / ${formats.bytes(session.bytesFromTerminal)}`;
  return session.bytesEstimated ? t.sessions.atLeast(counted) : counted;
}
