import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { DataSource, In, MoreThan, type EntityTarget, type FindOptionsWhere, type ObjectLiteral } from 'typeorm';
import { OPEN_CAMPAIGN_STATES } from '../../protocol/campaign';
import { OPEN_JOB_STATES } from '../../protocol/maintenance';
import { SESSION_STATES } from '../../protocol/remote-session';
import { CampaignDeviceEntity } from '../campaigns/campaign-device.entity';
import { CampaignEntity } from '../campaigns/campaign.entity';
import { AgentEntity } from '../devices/agents/agent.entity';
import { DeviceEntity } from '../devices/device.entity';
import { Metrics } from '../http/metrics';
import { JobEntity } from '../maintenance/job.entity';
import { obstacleOf, type Candidate } from '../relays/choose-relay';
import { RelayDirectory } from '../relays/relay-directory';
import { RelayLoads } from '../relays/relay-loads';
import { SessionEntity } from '../sessions/session.entity';
import { DeviceTransport } from '../xmpp/device-transport';

/**
 * What there is now: agents, devices, relays, sessions and jobs. Counted when `/metrics` is read; NaN while the database is
 * away, because the other metrics are still of interest.
 */
@Injectable()
export class FleetMetrics {
  constructor(
    private readonly dataSource: DataSource,
    private readonly metrics: Metrics,
    transport: DeviceTransport,
    relays: RelayDirectory,
    loads: RelayLoads,
  ) {
    const online = new Set<string>();
    transport.onPresence((presence) => online[presence.online ? 'add' : 'delete'](presence.agentId));
    this.count('platen_agents', 'Enrolled agents', () => dataSource.getRepository(AgentEntity).count());
    this.count('platen_agents_online', 'Agents with a connection to this server', () => Promise.resolve(online.size));
    this.count('platen_control_channel_up', 'Whether agents can be connected: 0 while the XMPP engine is not', () =>
      Promise.resolve(transport.problem === undefined ? 1 : 0),
    );
    this.count('platen_devices', 'Devices of the enrolled agents', () =>
      dataSource.getRepository(DeviceEntity).count(),
    );
    const open = SESSION_STATES.filter((state) => state !== 'ended');
    const sessions = { entity: SessionEntity, where: { openPair: MoreThan('') }, states: open };
    this.countStates('platen_sessions', 'Remote sessions that have not ended, by state', sessions);
    const jobs = { entity: JobEntity, where: { state: In([...OPEN_JOB_STATES]) }, states: OPEN_JOB_STATES };
    this.countStates('platen_jobs', 'Maintenance jobs that are not over, by state', jobs);
    const campaigns = {
      entity: CampaignEntity,
      where: { state: In([...OPEN_CAMPAIGN_STATES]) },
      states: OPEN_CAMPAIGN_STATES,
    };
    this.countStates('platen_campaigns', 'Campaigns that are not over, by state', campaigns);
    // those that are over stay in their state until retention deletes them
    const working = ['waiting', 'running'] as const;
    const devices = { entity: CampaignDeviceEntity, where: { state: In(working) }, states: working };
    this.countStates('platen_campaign_devices', 'Devices of campaigns that wait for their job or have it', devices);
    new Gauge({
      name: 'platen_relay_runs',
      help: 'Connected runs of each relay: several during a deployment',
      labelNames: ['relay', 'standing'],
      registers: [metrics.registry],
      collect() {
        this.reset();
        for (const { id, standing } of relays.connected()) this.inc({ relay: id, standing });
      },
    });
    this.relayGauge('sessions', 'Open sessions of each relay', relays, ({ sessions }) => sessions);
    this.relayGauge('session_limit', 'Sessions that each relay may carry', relays, ({ limit }) => limit);
    this.relayGauge('accepts_sessions', 'Whether each relay may get a new session', relays, (each) =>
      obstacleOf(each) === null ? 1 : 0,
    );
    this.relayGauge('drained', 'Whether an administrator has drained the relay', relays, ({ obstacle }) =>
      obstacle === 'drained' ? 1 : 0,
    );
    const loadOf = ({ relayId }: Candidate) => {
      const run = relays.serving(relayId);
      return run && loads.lastOf(relayId, run.instance);
    };
    const reported = 'as it has reported last';
    this.relayGauge('bytes_per_second', `Tunnel bytes of each relay, ${reported}`, relays, (each) => {
      return loadOf(each)?.bytesPerSecond;
    });
    this.relayGauge('cpu_share', `Share of the processors of each relay's machine, ${reported}`, relays, (each) => {
      return loadOf(each)?.cpuShare;
    });
    this.relayGauge('resident_bytes', `Memory of all processes of each relay, ${reported}`, relays, (each) => {
      return loadOf(each)?.residentBytes;
    });
  }

  /** Of every relay that is known and not removed, with its region. @param value undefined: unknown */
  private relayGauge(
    name: string,
    help: string,
    relays: RelayDirectory,
    value: (relay: Candidate) => number | undefined,
  ): void {
    new Gauge({
      name: `platen_relay_${name}`,
      help,
      labelNames: ['relay', 'region'],
      registers: [this.metrics.registry],
      collect() {
        this.reset();
        for (const relay of relays.candidates()) {
          const now = value(relay);
          if (now !== undefined) this.set({ relay: relay.relayId, region: relay.region ?? '' }, now);
        }
      },
    });
  }

  private count(name: string, help: string, counted: () => Promise<number>): void {
    const registers = [this.metrics.registry];
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.set(await counted().catch(() => NaN));
      },
    });
  }

  /** A state without rows is 0, so that its line in a plot continues. */
  private countStates<Row extends ObjectLiteral>(
    name: string,
    help: string,
    of: { entity: EntityTarget<Row>; where: FindOptionsWhere<Row>; states: readonly string[] },
  ): void {
    const rows = this.dataSource.getRepository(of.entity);
    const counted = () =>
      rows
        .createQueryBuilder('row')
        .select('row.state', 'state')
        .addSelect('COUNT(*)', 'count')
        .where(of.where)
        .groupBy('row.state')
        .getRawMany<{ state: string; count: number | string }>();
    new Gauge({
      name,
      help,
      labelNames: ['state'],
      registers: [this.metrics.registry],
      async collect() {
        const found = await counted().catch(() => undefined);
        for (const state of of.states)
          this.set({ state }, found ? Number(found.find((each) => each.state === state)?.count ?? 0) : NaN);
      },
    });
  }
}
