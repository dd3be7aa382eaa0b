import { ProblemError } from '../../protocol/problems';

/** No relay of that name has connected to this server. */
export class RelayNotKnown extends ProblemError {
  constructor(relayId: string) {
    super('unknown-relay', `No relay ${relayId} has connected to this server.`);
  }
}
/** A relay is removed when it is drained, or disconnected, and carries nothing. */
export class RelayInUse extends ProblemError {
  constructor(relayId: string, sessions: number) {
    const detail =
      sessions > 0
        ? `Relay ${relayId} has open sessions: ${sessions}. Drain it, and wait until they have ended.`
        : `Relay ${relayId} is in service. Drain it first.`;
    super('wrong-state', detail);
  }
}
export class OwnRelay extends ProblemError {
  constructor(relayId: string) {
    super('wrong-state', `This server runs relay ${relayId} itself. Set PLATEN_RELAY=remote to do without it.`);
  }
}
