import type { ExternalClient } from '../../../protocol/external-clients';
import { serverNow } from '../../api/server-time';
import { useText } from '../../messages/language';
import { Status, type Tone } from '../../parts/status';

export type State = 'active' | 'deactivated' | 'expired' | 'revoked';

export function stateOf({ revokedAt, active, expiresAt }: ExternalClient, now = serverNow()): State {
  if (revokedAt !== null) return 'revoked';
  if (expiresAt !== null && Date.parse(expiresAt) <= now) return 'expired';
  return active ? 'active' : 'deactivated';
}

const TONES: Record<State, Tone> = { active: 'on', deactivated: 'off', expired: 'bad', revoked: 'off' };

export function ClientState({ client }: { client: ExternalClient }) {
  const t = useText();
  const state = stateOf(client);
  return (
    <span className="unbroken">
      <Status tone={TONES[state]}>{t.clients.states[state]}</Status>
    </span>
  );
}
