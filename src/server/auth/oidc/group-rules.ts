import type { Role } from '../../../protocol/api';
import type { GroupRule } from '../../config/oidc-settings';

export interface Membership {
  readonly role: Role;
  /** Names of customers. */
  readonly customers: readonly string[];
}

/**
 * What the groups of a user make of them; undefined: no rule names any of these groups.
 * @param claim of the provider: a list of groups, or one
 */
export function membershipOf(claim: unknown, rules: readonly GroupRule[]): Membership | undefined {
  const groups = new Set((Array.isArray(claim) ? claim : [claim]).filter((each) => typeof each === 'string'));
  const matching = rules.filter(({ group }) => groups.has(group));
  if (matching.length === 0) return undefined;
  const role = matching.some((rule) => rule.role === 'admin') ? 'admin' : 'technician';
  return { role, customers: [...new Set(matching.flatMap(({ customers = [] }) => customers))] };
}
