import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';

/**
 * What an actor sees and touches: the devices of these sites and, of those, only these devices; and of the sessions and
 * jobs at them only those of one requester. null: no limit of this kind. Without a limit of sites it includes what has
 * no site.
 */
export interface Reach {
  readonly sites: ReadonlySet<string> | null;
  readonly devices: ReadonlySet<string> | null;
  readonly requesterId: string | null;
}

export const EVERYTHING: Reach = { sites: null, devices: null, requesterId: null };

/** Where a device is, or was when a session or a job was requested. Without `deviceId`: all devices of an agent. */
export interface Place {
  readonly siteId: string | null;
  readonly deviceId?: string;
  /** Who requested the session or the job; undefined for a device. */
  readonly userId?: string;
}

export function reaches({ sites, devices, requesterId }: Reach, { siteId, deviceId, userId }: Place): boolean {
  if (sites && (siteId === null || !sites.has(siteId))) return false;
  if (requesterId !== null && userId !== undefined && userId !== requesterId) return false;
  return devices === null || (deviceId !== undefined && devices.has(deviceId));
}

/**
 * Adds the condition that `reaches` checks to a query, so that pages are complete and their cursors name no row that is
 * out of reach.
 * @param columns of the query, as `s.siteId`; `requester`: null for devices
 */
export function within<Row extends ObjectLiteral>(
  query: SelectQueryBuilder<Row>,
  { sites, devices, requesterId }: Reach,
  columns: { readonly site: string; readonly device: string; readonly requester: string | null },
): SelectQueryBuilder<Row> {
  if (sites?.size === 0 || devices?.size === 0) return query.andWhere('1 = 0');
  if (sites) query.andWhere(`${columns.site} IN (:...sitesWithinReach)`, { sitesWithinReach: [...sites] });
  if (devices) query.andWhere(`${columns.device} IN (:...devicesWithinReach)`, { devicesWithinReach: [...devices] });
  if (requesterId !== null && columns.requester) query.andWhere(`${columns.requester} = :requesterId`, { requesterId });
  return query;
}
