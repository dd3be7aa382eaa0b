import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository, type SelectQueryBuilder } from 'typeorm';
import { ALERT_SEVERITIES } from '../../../protocol/device-information';
import type { DriftState, WantedSettings } from '../../../protocol/device-settings';
import type {
  FleetCounts,
  FleetFilter,
  FleetGroup,
  FleetGrouping,
  FleetSort,
  SortOrder,
} from '../../../protocol/fleet';
import { LIMITS } from '../../../protocol/limits';
import { CustomerEntity, SiteEntity } from '../../customers/customer.entity';
import { within, type Reach } from '../../customers/reach';
import type { Page } from '../../database/page';
import { AgentEntity } from '../agents/agent.entity';
import { DeviceEntity } from '../device.entity';
import { DeviceNotesEntity } from '../notes/device-notes.entity';
import { DeviceSettingsEntity } from '../settings/device-settings.entity';
import { cursorOf, positionOf } from './fleet-cursor';

/** Devices within reach that a filter fits, at a moment: which agents are connected is not in the database. */
export interface Selection {
  readonly reach: Reach;
  readonly filter: FleetFilter;
  /** Only these. */
  readonly deviceIds?: readonly string[];
  /** Only those whose settings compare so with these values. */
  readonly drift?: { readonly wanted: WantedSettings; readonly state?: DriftState };
  readonly onlineAgents: readonly string[];
  readonly now: Date;
}
export interface SortedPage {
  readonly sort: FleetSort;
  readonly order: SortOrder;
  readonly limit: number;
  readonly cursor?: string;
}

/** Columns that sort; none is null, because an agent has devices from its first announcement on only. */
const SORT_COLUMNS: Record<FleetSort, string> = {
  name: 'd.name',
  'last-seen': 'a.lastSeenAt',
  alerts: 'd.severity',
  supplies: 'd.supplyLevel',
  firmware: 'd.firmwareVersion',
};
const TO_AGENT = 'a.id = d.agentId';
/** The same without the key of agents: SQLite then reads agents in their order first, not all devices to sort them. */
const FROM_AGENT = `a.id || '' = d.agentId`;
/** What the console shows as the model. */
const MODEL = `CASE WHEN d.model <> '' THEN d.model ELSE d.reportedModel END`;
const LOW = `d.supplyLevel < ${LIMITS.SUPPLY_LOW_PERCENT}`;
const severityOf = (severity: (typeof ALERT_SEVERITIES)[number]): number => ALERT_SEVERITIES.indexOf(severity) + 1;

/** The worst first, as `driftStateOf` has them. */
const RANKS = ['differs', 'unknown', 'unsupported', 'same'] as const satisfies readonly DriftState[];
const rankOf = (state: DriftState): number => RANKS.indexOf(state);

const GROUPINGS: Record<FleetGrouping, { id: string; name: string; customerName: string }> = {
  customer: { id: 'c.id', name: 'c.name', customerName: `''` },
  site: { id: 's.id', name: 's.name', customerName: 'c.name' },
  model: { id: MODEL, name: MODEL, customerName: `''` },
};

/** All SQL for the device list: filtered, sorted, in pages, and counted. */
@Injectable()
export class FleetRepository {
  constructor(@InjectRepository(DeviceEntity) private readonly devices: Repository<DeviceEntity>) {}

  /** One page by the sort column and the ID (keyset paging); see `readPage`. @throws InvalidCursor */
  async page(selection: Selection, { sort, order, limit, cursor }: SortedPage): Promise<Page<DeviceEntity>> {
    const column = SORT_COLUMNS[sort];
    const direction = order === 'asc' ? 'ASC' : 'DESC';
    const join = sort === 'last-seen' ? FROM_AGENT : TO_AGENT;
    const query = this.selected(selection, join).addSelect(`(${column})`, 'position');
    query.orderBy(column, direction).addOrderBy('d.id', direction);
    if (cursor !== undefined) {
      const { value, id } = positionOf(cursor, sort);
      const after = order === 'asc' ? '>' : '<';
      // the first condition is in the second; it alone lets an index be entered in the middle
      query.andWhere(`${column} ${after}= :value AND (${column}, d.id) ${after} (:value, :id)`, { value, id });
    }
    const { entities, raw } = await query.limit(limit + 1).getRawAndEntities<{ position: string | number }>();
    const rows = entities.slice(0, limit);
    const last = rows.at(-1);
    const next = last && entities.length > limit ? cursorOf(raw[limit - 1]!.position, last.id, sort) : null;
    return { rows, next };
  }

  async ids(selection: Selection): Promise<string[]> {
    const rows = await this.selected(selection).select('d.id', 'id').getRawMany<{ id: string }>();
    return rows.map(({ id }) => id);
  }

  /** Of all devices. */
  async counts(selection: Selection): Promise<FleetCounts> {
    const [row] = await this.counting(selection).getRawMany<CountedRow>();
    return countsOf(row);
  }

  /** How many devices compare in which way with wanted values, as `driftStateOf` says. */
  async driftCounts(selection: Selection, wanted: WantedSettings): Promise<ReadonlyMap<DriftState, number>> {
    const rows = await this.selected({ ...selection, drift: { wanted } })
      .select(this.drift, 'rank')
      .addSelect('COUNT(*)', 'devices')
      .groupBy('1')
      .getRawMany<{ rank: number | string; devices: number | string }>();
    return new Map(rows.map(({ rank, devices }) => [RANKS[Number(rank)]!, Number(devices)]));
  }

  /** By name, with one more than FLEET_GROUPS if there are more. */
  async groups(selection: Selection, by: FleetGrouping): Promise<FleetGroup[]> {
    const { id, name, customerName } = GROUPINGS[by];
    const query = this.counting(selection);
    query.addSelect(id, 'id').addSelect(name, 'name').addSelect(customerName, 'customerName');
    if (by !== 'model') withPlaces(query);
    query.groupBy(id);
    if (by !== 'model') query.addGroupBy(name);
    if (by === 'site') query.addGroupBy(customerName);
    if (by === 'site') query.orderBy(customerName, 'ASC');
    const rows = await query
      .addOrderBy(name, 'ASC')
      .limit(LIMITS.FLEET_GROUPS + 1)
      .getRawMany<CountedRow & { id: string | null; name: string | null; customerName: string | null }>();
    return rows.map((row) => ({
      id: row.id || null,
      name: row.name ?? '',
      customerName: row.customerName ?? '',
      ...countsOf(row),
    }));
  }

  /** How many devices of each model report which firmware version; those that report both. */
  async firmwareVersions(reach: Reach): Promise<{ model: string; firmwareVersion: string; devices: number }[]> {
    const rows = await this.selected({ reach, filter: {}, onlineAgents: [], now: new Date() })
      .andWhere(`${MODEL} <> '' AND d.firmwareVersion <> ''`)
      .select(MODEL, 'model')
      .addSelect('d.firmwareVersion', 'firmwareVersion')
      .addSelect('COUNT(*)', 'devices')
      .groupBy(MODEL)
      .addGroupBy('d.firmwareVersion')
      .getRawMany<{ model: string; firmwareVersion: string; devices: string | number }>();
    return rows.map((row) => ({ ...row, devices: Number(row.devices) }));
  }

  private counting(selection: Selection): SelectQueryBuilder<DeviceEntity> {
    const count = (condition: string): string => `SUM(CASE WHEN ${condition} THEN 1 ELSE 0 END)`;
    const online = `a.id IN ${this.onlineAgents}`;
    return this.selected(selection)
      .select('COUNT(*)', 'devices')
      .addSelect(count(online), 'online')
      .addSelect(count(`a.asleepSince IS NOT NULL AND NOT (${online})`), 'asleep')
      .addSelect(count(`d.reportedState = 'unreached'`), 'unreached')
      .addSelect(count(`d.severity >= ${severityOf('error')}`), 'errors')
      .addSelect(count(`d.severity >= ${severityOf('warning')}`), 'warnings')
      .addSelect(count(LOW), 'lowSupplies')
      .setParameter('online', JSON.stringify(selection.onlineAgents));
  }

  private selected(
    { reach, filter, deviceIds, drift, onlineAgents, now }: Selection,
    join = TO_AGENT,
  ): SelectQueryBuilder<DeviceEntity> {
    const query = this.devices.createQueryBuilder('d').innerJoin(AgentEntity, 'a', join);
    within(query, reach, { site: 'a.siteId', device: 'd.id', requester: null });
    if (deviceIds) query.andWhere('d.id IN (:...deviceIds)', { deviceIds });
    if (drift) {
      query.leftJoin(DeviceSettingsEntity, 'ds', 'ds.deviceId = d.id');
      query.setParameter('wanted', JSON.stringify(drift.wanted));
    }
    if (drift?.state !== undefined) query.andWhere(`${this.drift} = :rank`, { rank: RANKS.indexOf(drift.state) });
    const { search, customerId, siteId, model, firmwareVersion, otherFirmware, presence, silentHours } = filter;
    const { state, alerts, suppliesBelow } = filter;
    if (customerId !== undefined || search) withPlaces(query);
    if (search) withWords(query, search);
    if (customerId !== undefined) query.andWhere('s.customerId = :customerId', { customerId });
    if (siteId !== undefined) query.andWhere('a.siteId = :siteId', { siteId });
    if (model !== undefined) query.andWhere(`${MODEL} = :model`, { model });
    if (firmwareVersion !== undefined) query.andWhere('d.firmwareVersion = :firmwareVersion', { firmwareVersion });
    if (otherFirmware !== undefined)
      query.andWhere(`d.firmwareVersion <> '' AND d.firmwareVersion <> :otherFirmware`, { otherFirmware });
    if (state !== undefined) query.andWhere('d.reportedState = :state', { state });
    if (alerts !== undefined) query.andWhere('d.severity >= :severity', { severity: severityOf(alerts) });
    if (suppliesBelow !== undefined) query.andWhere('d.supplyLevel < :suppliesBelow', { suppliesBelow });
    const isOnline = `a.id IN ${this.onlineAgents}`;
    const online = { online: JSON.stringify(onlineAgents) };
    if (presence === 'online') query.andWhere(isOnline, online);
    if (presence === 'asleep') query.andWhere(`NOT (${isOnline}) AND a.asleepSince IS NOT NULL`, online);
    if (presence === 'offline') query.andWhere(`NOT (${isOnline}) AND a.asleepSince IS NULL`, online);
    if (silentHours !== undefined) {
      const seenBefore = now.getTime() - silentHours * 3_600_000;
      const isSilent = `NOT (${isOnline}) AND a.asleepSince IS NULL AND a.lastSeenAt < :seenBefore`;
      query.andWhere(isSilent, { ...online, seenBefore });
    }
    return query;
  }

  /** The rank of the worst setting of a device; the parameter `wanted` is a JSON object. */
  private get drift(): string {
    const [known, value, wanted] =
      this.devices.manager.connection.options.type === 'postgres'
        ? [
            'known.of -> w.key',
            'known.of ->> w.key',
            'json_each_text(CAST(:wanted AS json)) AS w(key, value), (SELECT CAST(ds.reported AS json) AS of) AS known',
          ]
        : [
            `json_type(ds.reported, '$."' || w.key || '"')`,
            `json_extract(ds.reported, '$."' || w.key || '"')`,
            'json_each(:wanted) AS w',
          ];
    const absent = `CASE WHEN d.operations LIKE '%"settings-read"%' THEN ${rankOf('unknown')} ELSE ${rankOf('unsupported')} END`;
    return `(SELECT MIN(CASE WHEN ${known} IS NULL THEN ${absent} WHEN ${value} IS NULL THEN ${rankOf('unsupported')}
      WHEN ${value} <> w.value THEN ${rankOf('differs')} ELSE ${rankOf('same')} END) FROM ${wanted})`;
  }

  /** The parameter `online`, a JSON array, as rows: an IN list of thousands of parameters would be parsed each time. */
  private get onlineAgents(): string {
    return this.devices.manager.connection.options.type === 'postgres'
      ? '(SELECT json_array_elements_text(CAST(:online AS json)))'
      : '(SELECT value FROM json_each(:online))';
  }
}

/** Joins the site of each device and its customer, at most once. */
function withPlaces(query: SelectQueryBuilder<DeviceEntity>): void {
  if (query.expressionMap.joinAttributes.some(({ alias }) => alias.name === 's')) return;
  query.leftJoin(SiteEntity, 's', 's.id = a.siteId').leftJoin(CustomerEntity, 'c', 'c.id = s.customerId');
}

/**
 * Each word in lower case, as texts of devices are stored. Names of customers and sites are stored as they are, and SQLite
 * knows only the lower case of a to z: there a word is also searched for as it was entered.
 */
function withWords(query: SelectQueryBuilder<DeviceEntity>, search: string): void {
  query.leftJoin(DeviceNotesEntity, 'n', 'n.deviceId = d.id');
  const words = search.split(/\s+/).filter(Boolean).slice(0, LIMITS.SEARCH_WORDS);
  for (const [index, word] of words.entries()) {
    const own = ['d.announcedText', 'd.reportedText', 'n.searchText', 'LOWER(c.name)', 'LOWER(s.name)'];
    const like = (text: string, parameter: string): string => `${text} LIKE :${parameter}${index} ESCAPE '!'`;
    const any = [
      ...own.map((text) => like(text, 'word')),
      ...['c.name', 's.name'].map((text) => like(text, 'entered')),
    ];
    query.andWhere(`(${any.join(' OR ')})`, {
      [`word${index}`]: containing(word.toLowerCase()),
      [`entered${index}`]: containing(word),
    });
  }
}

const containing = (word: string): string => `%${word.replace(/[!%_]/g, '!$&')}%`;

type CountedRow = Record<keyof FleetCounts, string | number | null>;
/** Sums of no rows are null, and PostgreSQL's driver returns them as text. */
function countsOf(row: CountedRow | undefined): FleetCounts {
  const of = (name: keyof FleetCounts): number => Number(row?.[name] ?? 0);
  return {
    ...{ devices: of('devices'), online: of('online'), asleep: of('asleep'), unreached: of('unreached') },
    ...{ errors: of('errors'), warnings: of('warnings'), lowSupplies: of('lowSupplies') },
  };
}
