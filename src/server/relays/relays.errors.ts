import { ProblemError } from '../../protocol/problems';

/** No relay of that name has connected to this server. */
export class RelayNotKnown extends ProblemError {
  constructor(relayId: string) {
    super('unknown-relay', `No relay ${relayId} has connected to this server.`);
  }
}
/** A relay is removed when it is drained, or disconnected, and carries nothing. */
export class RelayInUse extends ProblemError {
  constructor(relayId: string, why: string) {
    super('wrong-state', `Relay ${relayId} ${why}`);
  }
}
export class OwnRelay extends ProblemError {
  constructor(relayId: string) {
    super('wrong-state', `This server runs relay ${relayId} itself. Set PLATEN_RELAY=remote to do without it.`);
  }
}
