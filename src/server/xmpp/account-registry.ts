import { Injectable } from '@nestjs/common';
import { AgentAccounts, type ScramAlgorithm, type ScramKeys } from './device-transport';

/** Where the module that keeps the agents' accounts puts them, before the server listens. */
@Injectable()
export class AccountRegistry extends AgentAccounts {
  private accounts: AgentAccounts | undefined;

  use(accounts: AgentAccounts): void {
    this.accounts = accounts;
  }

  override scramKeys(agentId: string, algorithm: ScramAlgorithm): Promise<ScramKeys | undefined> {
    if (!this.accounts) return Promise.reject(new Error('no module keeps agent accounts'));
    return this.accounts.scramKeys(agentId, algorithm);
  }
}
