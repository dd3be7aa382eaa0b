import { Injectable } from '@nestjs/common';
import type { PresentedInstallation } from '../../../protocol/installation';

/** What a server stores instead of a password, per hash algorithm (RFC 5802 3). */
export interface ScramKeys {
  readonly salt: Buffer;
  readonly iterations: number;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
  /** The account was removed: an agent that proves its password learns that, and no one else. */
  readonly removed?: boolean;
}
export type ScramAlgorithm = 'sha1' | 'sha256';

/**
 * Why an agent that knows the password of the account may not use it: `in-use` by an agent that is running, `other` the
 * account belongs to another installation, `outdated` it belongs to a copy of this installation that has logged in later.
 */
export type InstallationRefusal = 'in-use' | 'other' | 'outdated';

/** The agents that may log in. */
export interface AgentAccounts {
  /** Undefined for an agent without an account. */
  scramKeys(agentId: string, algorithm: ScramAlgorithm): Promise<ScramKeys | undefined>;
  /**
   * Binds the account to the installation that has logged in, and replaces its continuation.
   * @param presented undefined: the agent identifies no installation
   */
  admit(agentId: string, presented: PresentedInstallation | undefined): Promise<'admitted' | InstallationRefusal>;
  /** A login with the right password was refused. */
  refused(agentId: string, why: InstallationRefusal, address: string): void;
}

/** Where the module that stores the agents' accounts registers them, before the server listens. */
@Injectable()
export class AccountRegistry implements AgentAccounts {
  private accounts: AgentAccounts | undefined;

  use(accounts: AgentAccounts): void {
    this.accounts = accounts;
  }

  scramKeys(agentId: string, algorithm: ScramAlgorithm): Promise<ScramKeys | undefined> {
    return this.registered.then((accounts) => accounts.scramKeys(agentId, algorithm));
  }
  admit(agentId: string, presented: PresentedInstallation | undefined): Promise<'admitted' | InstallationRefusal> {
    return this.registered.then((accounts) => accounts.admit(agentId, presented));
  }
  refused(agentId: string, why: InstallationRefusal, address: string): void {
    this.accounts?.refused(agentId, why, address);
  }

  private get registered(): Promise<AgentAccounts> {
    if (!this.accounts) return Promise.reject(new Error('no module has registered agent accounts'));
    return Promise.resolve(this.accounts);
  }
}
