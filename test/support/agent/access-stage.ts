import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from '../remove-folder';
import { AccessControl } from '../../../src/agent/conditions/access-control';
import { ConditionStore } from '../../../src/agent/conditions/condition-store';
import { DenialLog } from '../../../src/agent/conditions/denial-log';
import type { Device } from '../../../src/agent/configuration/configuration';
import type { Journal } from '../../../src/journal/journal';
import {
  newAccessCondition,
  type AccessCondition,
  type NewAccessCondition,
} from '../../../src/protocol/access-conditions';

/** The access conditions of an agent in a folder of their own, with a clock that a test sets. */
export class AccessStage {
  /** Epoch milliseconds. */
  now = Date.now();
  readonly folder = mkdtempSync(join(tmpdir(), 'platen-access-'));
  readonly access: AccessControl;

  constructor(
    private readonly devices: readonly Device[],
    journal: Journal,
  ) {
    const store = new ConditionStore({ folder: this.folder, journal, timeOfDay: () => this.now, timeZone: 'UTC' });
    this.access = new AccessControl(devices, store, new DenialLog(this.folder, journal), journal);
  }

  /** Sets a condition at the agent's page, for the first device. */
  set(change: Pick<NewAccessCondition, 'who' | 'access'> & Partial<NewAccessCondition>): Promise<AccessCondition> {
    return this.access.set(this.devices[0]!.id, newAccessCondition.parse(change), { where: 'local-page' });
  }

  async strike(): Promise<void> {
    await this.access.store.close();
    await this.access.denials.close();
    await removeFolder(this.folder);
  }
}
