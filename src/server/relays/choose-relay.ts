import { LIMITS } from '../../protocol/limits';
import type { RelayChoice, RelayObstacle, RelayPreference } from '../../protocol/relay-choice';

/** A relay that this server knows, as it is now. */
export interface Candidate {
  readonly relayId: string;
  readonly region: string | null;
  /** The greater of what this server and the relay count. */
  readonly sessions: number;
  readonly limit: number;
  /** Why it gets no session; null: it may get one. */
  readonly obstacle: Exclude<RelayObstacle, 'full' | 'region' | 'failed-lately'> | null;
  /** It has failed for a session within RELAY_AVOID_MS. */
  readonly failedLately: boolean;
}

/** Of a choice that finds no relay, the relays that would have been of the right region. */
export interface NoChoice {
  readonly relayId: null;
  readonly passedOver: RelayChoice['passedOver'];
}

/**
 * The relay of a new session: the preferred region first, then the less loaded of two that are picked at random
 * (power of two choices), by share of their limits. Of two with the same share, the first of the two.
 * A relay that has just failed is used only if no other one may.
 * @param random as Math.random
 */
export function chooseRelay(
  candidates: readonly Candidate[],
  preferred: RelayPreference | null,
  random: () => number = Math.random,
): RelayChoice | NoChoice {
  const isPreferred = ({ region }: Candidate): boolean => preferred === null || region === preferred.region;
  const usable = candidates.filter((each) => obstacleOf(each) === null && (isPreferred(each) || !preferred?.only));
  const tiers = [
    usable.filter((each) => isPreferred(each) && !each.failedLately),
    usable.filter((each) => !isPreferred(each) && !each.failedLately),
    usable.filter((each) => isPreferred(each)),
    usable,
  ];
  const tier = tiers.find(({ length }) => length > 0) ?? [];
  const passedOver = (chosen?: Candidate): RelayChoice['passedOver'] =>
    candidates
      .filter((each) => each !== chosen && !tier.includes(each))
      .map((each) => ({ relayId: each.relayId, because: passedOverBecause(each, isPreferred(each)) }))
      .slice(0, LIMITS.RELAYS_PASSED_OVER);
  const [one, other] = twoOf(tier, random);
  if (!one) return { relayId: null, passedOver: passedOver() };
  const [chosen, compared] = other && shareOf(other) < shareOf(one) ? [other, one] : [one, other];
  const load = ({ relayId, sessions, limit }: Candidate) => ({ relayId, sessions, limit });
  return {
    ...load(chosen),
    region: chosen.region,
    preferred,
    comparedWith: compared ? load(compared) : null,
    passedOver: passedOver(chosen),
  };
}

export const obstacleOf = ({ obstacle, sessions, limit }: Candidate): RelayObstacle | null =>
  obstacle ?? (sessions >= limit ? 'full' : null);

const shareOf = ({ sessions, limit }: Candidate): number => sessions / limit;

function passedOverBecause(candidate: Candidate, isPreferred: boolean): RelayObstacle {
  const obstacle = obstacleOf(candidate);
  if (obstacle) return obstacle;
  return candidate.failedLately && isPreferred ? 'failed-lately' : 'region';
}

/** Two different ones at random, in random order. */
function twoOf<T>(from: readonly T[], random: () => number): [T?, T?] {
  const first = Math.floor(random() * from.length);
  const rest = from.filter((_, index) => index !== first);
  return [from[first], rest[Math.floor(random() * rest.length)]];
}
