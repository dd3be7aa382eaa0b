import { Injectable } from '@nestjs/common';
import { SessionLifecycle } from '../sessions/session.lifecycle';
import { SESSION_MACHINE } from '../sessions/session.machine';
import { transition } from '../state-machine/machine';
import { DeploymentFailed } from './deployment.errors';
import type { DeploymentEntity } from './deployment.entity';
import { DeviceList } from './device-list';
import { pause } from './pause';

/** How many sessions that remain are named. */
const NAMED = 5;

/** Ends the sessions of a relay in order: S314-S338, which are the session machine's. */
@Injectable()
export class SessionHalt {
  constructor(
    private readonly list: DeviceList,
    private readonly lifecycle: SessionLifecycle,
  ) {}

  /**
   * Resolves when neither this server nor the relay knows a session that is open there, twice in succession: a link may
   * just be on its way from one to the other.
   * @throws DeploymentFailed after `ms`
   */
  async all(deployment: DeploymentEntity, ms: number, signal: AbortSignal): Promise<void> {
    const end = Date.now() + ms;
    for (let empty = 0; empty < 2; await pause(signal)) {
      const open = await this.list.refresh(deployment);
      for (const { id, state } of open)
        if (transition(SESSION_MACHINE, state, 'halt')) await this.lifecycle.apply(id, 'halt');
      empty = open.length === 0 && (await this.list.isIdle(deployment.relayId)) ? empty + 1 : 0;
      if (Date.now() < end) continue;
      const names = open.slice(0, NAMED).map(({ deviceName, displayName }) => `${deviceName} (${displayName})`);
      throw new DeploymentFailed('sessions-remain', `${open.length} sessions: ${names.join(', ')}`);
    }
  }
}
