import { Injectable } from '@nestjs/common';

/** What a server stores instead of a password, per hash algorithm (RFC 5802 3). */
export interface ScramKeys {
  readonly salt: Buffer;
  readonly iterations: number;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}
export type ScramAlgorithm = 'sha1' | 'sha256';

/** The agents that may log in. */
export interface AgentAccounts {
  /** Undefined for an agent without an account. */
  scramKeys(agentId: string, algorithm: ScramAlgorithm): Promise<ScramKeys | undefined>;
}

/** Where the module that stores the agents' accounts registers them, before the server listens. */
@Injectable()
export class AccountRegistry implements AgentAccounts {
  private accounts: AgentAccounts | undefined;

  use(accounts: AgentAccounts): void {
    this.accounts = accounts;
  }

  scramKeys(agentId: string, algorithm: ScramAlgorithm): Promise<ScramKeys | undefined> {
    if (!this.accounts) return Promise.reject(new Error('no module has registered agent accounts'));
    return this.accounts.scramKeys(agentId, algorithm);
  }
}
