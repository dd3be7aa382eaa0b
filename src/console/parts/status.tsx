import type { ReactNode } from 'react';
import type { Session } from '../../protocol/api';
import { useText } from '../messages/language';

export type Tone = 'on' | 'busy' | 'bad' | 'asleep' | 'off';

/** A text with a coloured dot; the text alone is sufficient. */
export const Status = ({ tone, children }: { tone: Tone; children: ReactNode }) => (
  <span className={`status ${tone}`}>{children}</span>
);

/** Whether an agent, or the agent of a device, is connected. */
export function Presence({ of: { online, asleep } }: { of: { online: boolean; asleep: boolean } }) {
  const t = useText();
  if (online) return <Status tone="on">{t.devices.online}</Status>;
  if (asleep) return <Status tone="asleep">{t.devices.asleep}</Status>;
  return <Status tone="off">{t.devices.offline}</Status>;
}

export const HALF_TONES = { waiting: 'busy', connected: 'on', ended: 'off' } as const;

const BAD = ['declined', 'denied', 'expired', 'device-offline', 'lost-device', 'lost-terminal', 'lost-relay', 'failed'];

export const toneOf = ({ state, ending }: Pick<Session, 'state' | 'ending'>): Tone => {
  if (state === 'established') return 'on';
  if (state !== 'ended') return 'busy';
  return ending && BAD.includes(ending) ? 'bad' : 'off';
};

/** The state of a session, or how it ended. */
export function SessionState({ session }: { session: Session }) {
  const t = useText();
  const { state, ending, user } = session;
  const isOfClient = user.kind === 'client' && ending === 'ended-by-terminal';
  const over = ending && (isOfClient ? t.sessions.endedByClient : t.endings[ending]);
  return <Status tone={toneOf(session)}>{(state === 'ended' && over) || t.states[state]}</Status>;
}
