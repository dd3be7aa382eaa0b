import type { Journal } from '../../journal/journal';
import type { DisplayInput } from '../../protocol/device-display';
import { ProblemError } from '../../protocol/problems';
import { readDisplaySecret, type Device } from '../configuration/configuration';
import type { AccessControl } from '../conditions/access-control';
import type { AgentSessions, Decision } from '../sessions/agent-session';
import { DisplayClient } from './display-client';
import { DisplayConnection } from './display-connection';
import { displayState } from './display-state';

export interface DisplaysOptions {
  readonly sessions: () => AgentSessions;
  readonly access: AccessControl;
  /** @throws ProblemError */
  readonly decide: (remoteSessionId: string, answer: Decision, alsoForMinutes?: number) => Promise<void> | void;
  /** @throws ProblemError */
  readonly end: (remoteSessionId: string) => void;
  readonly isOnline: () => boolean;
  /** Name of the server. */
  readonly server: string;
  /** State folder of the agent. */
  readonly folder: string;
  readonly journal: Journal;
}

const AT_DISPLAY = { where: 'display' } as const;

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
        execute: (input, key) => this.#execute(device, input, key),
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
    const { sessions, access, isOnline, server } = this.options;
    const sources = {
      sessions: sessions(),
      conditions: access.store.of(device.id),
      denials: access.denials.latest(Infinity).filter(({ deviceId }) => deviceId === device.id),
      askers: access.askersOf(device.id),
      online: isOnline(),
      server,
    };
    return displayState(device, sources, performance.now());
  }

  /** @throws ProblemError */
  async #execute({ id: deviceId }: Device, input: DisplayInput, key: string): Promise<void> {
    const { sessions, access, decide, end } = this.options;
    const isOther = (owner: string | undefined) => owner !== deviceId;
    if ('remoteSessionId' in input && isOther(sessions().get(input.remoteSessionId)?.asked.deviceId))
      throw new ProblemError('unknown-session', 'This request or session has ended.');
    if ('id' in input && isOther(access.store.find(input.id)?.deviceId))
      throw new ProblemError('not-found', 'This condition has been revoked.');
    switch (input.do) {
      case 'approve': {
        const answer = { decision: 'approved', grant: input.grant, answeredBy: AT_DISPLAY } as const;
        return decide(input.remoteSessionId, answer, input.alsoForMinutes);
      }
      case 'decline':
        return decide(input.remoteSessionId, { decision: 'declined', answeredBy: AT_DISPLAY });
      case 'end':
        return end(input.remoteSessionId);
      case 'set-condition':
        return void (await access.set(deviceId, input.condition, AT_DISPLAY, key));
      case 'revoke-condition':
        return access.revoke(input.id);
    }
  }
}
