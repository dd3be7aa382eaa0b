import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';

/**
 * What an actor sees and touches: the devices of these sites and, of those, only these devices. null: no limit of this
 * kind. Without a limit of sites it includes what has no site.
 */
export interface Reach {
  readonly sites: ReadonlySet<string> | null;
  readonly devices: ReadonlySet<string> | null;
}

export const EVERYTHING: Reach = { sites: null, devices: null };
export const NOTHING: Reach = { sites: new Set(), devices: null };

/** Where a device is, or was when a session or a job was requested. Without `deviceId`: all devices of an agent. */
export interface Place {
  readonly siteId: string | null;
  readonly deviceId?: string;
}

export function reaches({ sites, devices }: Reach, { siteId, deviceId }: Place): boolean {
  if (sites && (siteId === null || !sites.has(siteId))) return false;
  return devices === null || (deviceId !== undefined && devices.has(deviceId));
}

/**
 * Adds the condition that `reaches` checks to a query, so that pages are complete and their cursors name no row that is
 * out of reach.
 * @param columns of the query, as `s.siteId`
 */
export function within<Row extends ObjectLiteral>(
  query: SelectQueryBuilder<Row>,
  { sites, devices }: Reach,
  columns: { readonly site: string; readonly device: string },
): SelectQueryBuilder<Row> {
  if (sites?.size === 0 || devices?.size === 0) return query.andWhere('1 = 0');
  if (sites) query.andWhere(`${columns.site} IN (:...sitesWithinReach)`, { sitesWithinReach: [...sites] });
  if (devices) query.andWhere(`${columns.device} IN (:...devicesWithinReach)`, { devicesWithinReach: [...devices] });
  return query;
}
