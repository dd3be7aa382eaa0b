import { LIMITS } from '../../../protocol/limits';
import type { AlertEntity } from '../alert.entity';
import type { AgentTarget } from './targets.repository';

/** An agent without a connection. */
export interface SilentAgent extends AgentTarget {
  readonly lastSeenAt: Date;
  /** It has been silent for as long as its rule says. */
  readonly isDue: boolean;
}

/** Agents of one customer that are silent at the same time: they have one alert together. */
export interface CustomerOutage {
  /** Of several outages of a customer, when each began tells them apart. */
  readonly since: Date;
  /** The longest silent one first. */
  readonly agents: readonly SilentAgent[];
  /** null: it has none yet. */
  readonly alert: AlertEntity | null;
}

/**
 * Which silent agents belong to an outage of their customer, and which are silent alone. An agent belongs to the outage that
 * has an alert already if it was silent when that was raised; one that falls silent later has an alert of its own, so that
 * it is not overlooked in one that has been acknowledged. Pure.
 * @param silent without those that have an alert of their own
 * @param standing the alerts of such outages
 */
export function outagesOf(
  silent: readonly SilentAgent[],
  standing: readonly AlertEntity[],
): { outages: CustomerOutage[]; alone: SilentAgent[] } {
  const byAge = [...silent].sort((one, other) => one.lastSeenAt.getTime() - other.lastSeenAt.getTime());
  const assigned = new Set<SilentAgent>();
  const outages: CustomerOutage[] = [];
  const raisedAt = ({ raisedAt: raised, since }: AlertEntity): Date => raised ?? since;
  for (const alert of [...standing].sort((one, other) => raisedAt(one).getTime() - raisedAt(other).getTime())) {
    const agents = byAge.filter(
      (each) =>
        each.customerId === alert.customerId &&
        !assigned.has(each) &&
        each.lastSeenAt.getTime() <= raisedAt(alert).getTime(),
    );
    for (const each of agents) assigned.add(each);
    outages.push({ since: alert.since, agents, alert });
  }
  const rest = byAge.filter((each) => !assigned.has(each));
  const alone: SilentAgent[] = [];
  for (const customerId of new Set(rest.map((each) => each.customerId))) {
    const agents = rest.filter((each) => each.customerId === customerId);
    const due = agents.filter(({ isDue }) => isDue);
    if (customerId !== null && due.length >= LIMITS.ALERT_OUTAGE_AGENTS)
      outages.push({ since: agents[0]!.lastSeenAt, agents, alert: null });
    else alone.push(...due);
  }
  return { outages, alone };
}
