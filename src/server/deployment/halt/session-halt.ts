import { Inject, Injectable } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { RELAY_ANSWERS } from '../../../protocol/deployment';
import { LIMITS } from '../../../protocol/limits';
import type { RelayedSession } from '../../../protocol/relay-rpc';
import { CONFIG, type Config } from '../../config/config';
import type { SessionEntity } from '../../sessions/session.entity';
import { SessionLifecycle } from '../../sessions/session.lifecycle';
import { SESSION_MACHINE } from '../../sessions/session.machine';
import { transition } from '../../state-machine/machine';
import { DeploymentFailed } from '../deployment.errors';
import type { DeploymentEntity } from '../deployment.entity';
import { DeviceList } from './device-list';
import { pause } from '../pause';

/** How many of the remaining sessions an error names. */
const NAMED = 5;

/** Halts the sessions of a relay: S314-S338, which are outputs of the session machine. */
@Injectable()
export class SessionHalt {
  constructor(
    private readonly list: DeviceList,
    private readonly lifecycle: SessionLifecycle,
    private readonly journal: Journal,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Resolves when neither this server nor the relay has an open session, twice in succession: the relay may be about to
   * report a new link to the server.
   * @throws DeploymentFailed after `ms`
   */
  async haltAll(deployment: DeploymentEntity, ms: number, signal: AbortSignal): Promise<void> {
    const end = performance.now() + ms;
    for (let empty = 0; empty < 2; await pause(signal)) {
      const isLate = performance.now() >= end; // taken before the list, so that the last list shows what was requested
      const { open, strays, answer, isIdle } = await this.list.refresh(deployment);
      for (const { id, state } of open)
        if (transition(SESSION_MACHINE, state, 'halt')) await this.lifecycle.apply(id, 'halt');
      await this.list.endStrays(deployment, strays);
      empty = isIdle ? empty + 1 : 0;
      if (!isLate) continue;
      throw new DeploymentFailed('sessions-remain', remaining(open, strays) || RELAY_ANSWERS[answer]);
    }
  }

  /** Before a broken relay is replaced: sessions that do not end, even when they are forced to, are lost with it. */
  async haltIfPossible(deployment: DeploymentEntity, signal: AbortSignal): Promise<void> {
    const ms = this.config.timeouts.halfEnd + LIMITS.HALF_END_MS;
    await this.haltAll(deployment, ms, signal).catch((error: unknown) => {
      if (!(error instanceof DeploymentFailed)) throw error;
      this.journal.warn('sessions remain on a relay that is being replaced', {
        deploymentId: deployment.id,
        detail: error.detail,
      });
    });
  }
}

/** Empty if no session is known to remain. */
function remaining(open: readonly SessionEntity[], strays: readonly RelayedSession[]): string {
  const count = open.length + strays.length;
  const names = [
    ...open.map(({ deviceName, displayName }) => `${deviceName} (${displayName})`),
    ...strays.map(({ deviceId, remoteSessionId }) => deviceId ?? remoteSessionId),
  ];
  return count === 0 ? '' : `${count} sessions: ${names.slice(0, NAMED).join(', ')}`;
}
