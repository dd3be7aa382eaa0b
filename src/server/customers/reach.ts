import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';

/**
 * What an actor sees and touches: everything, or the devices of some sites. With `devices`, only those of them that it
 * names. An agent, session or job without a site is within reach of `EVERYTHING` only.
 */
export type Reach = { readonly everything: true } | LimitedReach;
export interface LimitedReach {
  readonly everything: false;
  readonly sites: ReadonlySet<string>;
  readonly devices?: ReadonlySet<string>;
}

export const EVERYTHING: Reach = { everything: true };
export const NOTHING: Reach = { everything: false, sites: new Set() };

/** Where a device is, or was when a session or a job was requested. */
export interface Place {
  readonly siteId: string | null;
  readonly deviceId: string;
}

export function reaches(reach: Reach, { siteId, deviceId }: Place): boolean {
  if (reach.everything) return true;
  if (siteId === null || !reach.sites.has(siteId)) return false;
  return reach.devices === undefined || reach.devices.has(deviceId);
}

/**
 * Adds the condition that `reaches` checks to a query, so that pages are complete and their cursors name no row that is
 * out of reach.
 * @param columns of the query, as `s.siteId`
 */
export function within<Row extends ObjectLiteral>(
  query: SelectQueryBuilder<Row>,
  reach: Reach,
  columns: { readonly site: string; readonly device: string },
): SelectQueryBuilder<Row> {
  if (reach.everything) return query;
  const { sites, devices } = reach;
  if (sites.size === 0 || devices?.size === 0) return query.andWhere('1 = 0');
  query.andWhere(`${columns.site} IN (:...sitesWithinReach)`, { sitesWithinReach: [...sites] });
  if (devices) query.andWhere(`${columns.device} IN (:...devicesWithinReach)`, { devicesWithinReach: [...devices] });
  return query;
}
