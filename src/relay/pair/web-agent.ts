import type { Journal } from '../../journal/journal';
import type { CloudHub } from './cloud-hub';
import { ENDING_STEPS } from './half-steps';
import type { PeerSocket } from './peer-socket';
import type { EndedBy, Established, HalfOwner, RelayedSession, Terminated } from './relayed-session';

/** The terminal's side of a pair. Its Cloud Hub handles the control plane and the session log for it. */
export class WebAgent implements HalfOwner {
  constructor(
    private readonly cloudHub: CloudHub,
    private readonly journal: Journal,
  ) {}

  /** S204: a terminal requests its half. */
  async serve(session: RelayedSession, peer: PeerSocket, token: string): Promise<void> {
    this.journal.step('S205', session.remoteSessionId);
    const refusal = await this.cloudHub.open(session, 'terminal', peer, token, this);
    if (refusal) return peer.refuse(refusal.code, refusal.detail);
    this.serveEstablished(session, peer);
    this.cloudHub.join(session, 'terminal', peer);
  }

  serveEstablished(session: RelayedSession, peer: PeerSocket): void {
    peer.serve({
      onTerminate: () => {
        this.journal.step('S263', session.remoteSessionId);
        this.cloudHub.terminate(session, 'terminal', 'S264');
      },
      onEndToEnd: (message) => this.cloudHub.forward(session, 'terminal', message),
      onLost: () => this.cloudHub.lose(session, 'terminal', peer),
    });
  }

  established(peer: PeerSocket, message: Established): void {
    this.journal.step('S213', message.remoteSessionId);
    this.journal.step('S214', message.remoteSessionId);
    peer.send(message);
  }

  terminated(peer: PeerSocket, message: Terminated, by: EndedBy, remoteSessionId: string): void {
    const step = ENDING_STEPS[by].terminal.webAgentNotifies;
    if (step) this.journal.step(step, remoteSessionId);
    peer.end(message);
  }
}
