import type { EntityManager } from 'typeorm';

/** Which agents are enrolled at sites; the global devices module implements it. */
export abstract class SiteOccupants {
  /** IDs of these agents, read in the transaction of `manager`. */
  abstract agentsAt(manager: EntityManager, siteIds: readonly string[]): Promise<string[]>;
}
