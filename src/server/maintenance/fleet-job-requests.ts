import { Injectable } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import type { FleetJobs, NewFleetJobs } from '../../protocol/fleet';
import { ProblemError } from '../../protocol/problems';
import type { Actor } from '../auth/actor';
import { DevicesService } from '../devices/devices.service';
import { FleetService } from '../devices/fleet/fleet.service';
import { InternalError } from '../http/http.errors';
import { JobRequests } from './job-requests';

type Row = FleetJobs['rows'][number];

/** One job for each of several devices of the list. */
@Injectable()
export class FleetJobRequests {
  constructor(
    private readonly fleet: FleetService,
    private readonly devices: DevicesService,
    private readonly jobs: JobRequests,
    private readonly journal: Journal,
  ) {}

  /**
   * Requests them one at a time. What is refused for one device does not stop the others.
   * @throws SelectionChanged before the first one
   */
  async request(actor: Actor, { devices, job }: NewFleetJobs): Promise<FleetJobs> {
    const ids =
      'deviceIds' in devices
        ? [...new Set(devices.deviceIds)]
        : await this.fleet.select(actor, devices.filter, devices.count);
    const rows: Row[] = [];
    for (const deviceId of ids) rows.push(await this.requestOne(actor, deviceId, job));
    return { rows };
  }

  private async requestOne(actor: Actor, deviceId: string, wanted: NewFleetJobs['job']): Promise<Row> {
    try {
      const { id: jobId, deviceName } = await this.jobs.request(actor, deviceId, wanted);
      return { deviceId, deviceName, jobId, refusal: null };
    } catch (error) {
      const problem =
        error instanceof ProblemError
          ? error
          : new InternalError(this.journal.unexpected(error, 'requesting one of several jobs'));
      const { code, title, detail, remedy } = problem.toProblem();
      const deviceName = await this.nameOf(actor, deviceId);
      return { deviceId, deviceName, jobId: null, refusal: { code, title, detail, remedy } };
    }
  }

  /** Of a device within reach; otherwise its name stays unknown, too. */
  private nameOf(actor: Actor, deviceId: string): Promise<string> {
    return this.devices.get(actor, deviceId).then(
      ({ device }) => device.name,
      () => '',
    );
  }
}
