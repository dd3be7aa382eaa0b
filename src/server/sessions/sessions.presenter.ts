import type { z } from 'zod';
import type { Session, sessionHalf, SessionWithSteps } from '../../protocol/api';
import { toInstant } from '../../protocol/names';
import { HALVES, type EndReason, type Half } from '../../protocol/remote-session';
import { fingerprintOf } from '../../tunnel/signing-key';
import type { SessionEntity } from './session.entity';
import type { SessionInView } from './sessions.service';

/** Ends that were logged after the process that counted the bytes was gone. */
const UNCOUNTED: readonly (EndReason | null)[] = ['relay-restarted', 'presumed'];

function isUncounted(logs: SessionInView['logs'], half: Half): boolean {
  const ofHalf = logs.filter((log) => log.half === half);
  const ends = ofHalf.filter(({ kind }) => kind === 'end');
  return (
    ofHalf.some(({ kind }) => kind === 'start') &&
    ends.length > 0 &&
    ends.every(({ reason }) => UNCOUNTED.includes(reason))
  );
}

const instantOf = (at: Date | null | undefined): string | null => (at ? toInstant(at) : null);

/** A session as the API shows it. */
export function presented({ session, logs }: SessionInView, now = Date.now()): Session {
  const half = (which: Half): z.infer<typeof sessionHalf> => {
    const start = logs.find((log) => log.half === which && log.kind === 'start');
    const ends = logs.filter((log) => log.half === which && log.kind === 'end');
    const end = ends.find((log) => log.reason !== 'presumed') ?? ends[0]; // a relay's report takes precedence over a presumed end
    return {
      half: which,
      state: which === 'device' ? session.deviceHalf : session.terminalHalf,
      startedAt: instantOf(start?.at),
      endedAt: instantOf(end?.at),
      endReason: end?.reason ?? null,
    };
  };
  const { establishedAt, endedAt } = session;
  return {
    id: session.id,
    user: { kind: session.askerKind, id: session.userId, username: session.username, displayName: session.displayName },
    deviceId: session.deviceId,
    deviceName: session.deviceName,
    applicationId: session.applicationId,
    reason: session.reason,
    minutes: session.minutes,
    state: session.state,
    ending: session.ending,
    denial: session.denial,
    grant: session.grant,
    detail: session.detail,
    requestedAt: toInstant(session.requestedAt),
    answerBefore: session.state === 'requested' ? instantOf(session.deadlineAt) : null,
    approvedAt: instantOf(session.approvedAt),
    establishedAt: instantOf(establishedAt),
    endedAt: instantOf(endedAt),
    validUntil: instantOf(session.validUntil),
    bytesFromDevice: session.bytesFromDevice,
    bytesFromTerminal: session.bytesFromTerminal,
    bytesEstimated: HALVES.some((which) => isUncounted(logs, which)),
    durationSeconds: establishedAt && ((endedAt?.getTime() ?? now) - establishedAt.getTime()) / 1000,
    device: half('device'),
    terminal: half('terminal'),
  };
}

export function presentedRecord({ approvalRecord: kept }: SessionEntity): SessionWithSteps['approvalRecord'] {
  return kept && { ...kept, keyFingerprint: fingerprintOf(kept.key) };
}
