import type { Journal } from '../../journal/journal';
import type { DisplayInput } from '../../protocol/device-display';
import { ProblemError } from '../../protocol/problems';
import { readDisplaySecret, type Device } from '../configuration/configuration';
import type { RemoteSessions } from '../sessions/remote-sessions';
import { DisplayClient } from './display-client';
import { DisplayConnection } from './display-connection';
import { displayState } from './display-state';

export interface DisplaysOptions {
  readonly sessions: Pick<RemoteSessions, 'sessions' | 'decide' | 'end'>;
  readonly isOnline: () => boolean;
  /** Name of the server. */
  readonly server: string;
  /** State folder of the agent. */
  readonly folder: string;
  readonly journal: Journal;
}

/** The displays of this agent's devices. What is pressed at one concerns its own device only. */
export class Displays {
  #clients: readonly DisplayClient[] = [];

  constructor(
    private readonly devices: readonly Device[],
    private readonly options: DisplaysOptions,
  ) {}

  /** @throws ConfigurationError if a secret cannot be read */
  async start(): Promise<void> {
    const { folder, journal } = this.options;
    for (const device of this.devices) {
      if (!device.display) continue;
      const { address, secretFile } = device.display;
      const client = new DisplayClient({
        deviceId: device.id,
        connection: new DisplayConnection(address, await readDisplaySecret(secretFile)),
        state: () => this.#stateOf(device),
        execute: (input) => this.#execute(device, input),
        folder,
        journal,
      });
      await client.start();
      this.#clients = [...this.#clients, client];
    }
  }

  changed(): void {
    for (const client of this.#clients) client.changed();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.stop()));
  }

  #stateOf(device: Device) {
    const { sessions, isOnline, server } = this.options;
    const sources = {
      sessions: sessions.sessions,
      conditions: [],
      denials: [],
      askers: [],
      online: isOnline(),
      server,
    };
    return displayState(device, sources, performance.now());
  }

  /** @throws ProblemError */
  async #execute({ id }: Device, input: DisplayInput): Promise<void> {
    const { sessions } = this.options;
    if ('remoteSessionId' in input && sessions.sessions.get(input.remoteSessionId)?.asked.deviceId !== id)
      throw new ProblemError('unknown-session', 'This request or session has ended.');
    const answeredBy = { where: 'display' } as const;
    switch (input.do) {
      case 'approve':
        return sessions.decide(input.remoteSessionId, { decision: 'approved', grant: input.grant, answeredBy });
      case 'decline':
        return sessions.decide(input.remoteSessionId, { decision: 'declined', answeredBy });
      case 'end':
        return sessions.end(input.remoteSessionId);
      default:
        throw new ProblemError('wrong-state', 'Access conditions are not available.');
    }
  }
}
