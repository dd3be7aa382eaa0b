import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { JobEntity } from '../maintenance/job.entity';
import { JobEvents } from '../maintenance/job.lifecycle';
import { JobRevocation } from '../maintenance/job-revocation';
import { JobsRepository } from '../maintenance/jobs.repository';
import { CampaignDevicesRepository } from './campaign-devices.repository';
import type { CampaignEntity } from './campaign.entity';
import { outcomeOf } from './device-outcome';

/** What a campaign needs to know of a job; percentages and activities change more often. */
const gistOf = ({ state, hold, waiting }: JobEntity): string => `${state} ${hold} ${waiting?.reason}`;

/** The jobs of campaigns: their outcome is recorded on their devices, and they are withdrawn. */
@Injectable()
export class CampaignJobs implements OnModuleInit {
  /** Open jobs of open campaigns, as far as this server has seen them since its start. */
  private readonly known = new Map<string, { campaignId: string; gist: string }>();
  private changed: (campaignId: string) => void = () => undefined;

  constructor(
    private readonly devices: CampaignDevicesRepository,
    private readonly jobs: JobsRepository,
    private readonly revocation: JobRevocation,
    private readonly events: JobEvents,
  ) {}

  onModuleInit(): void {
    this.events.on('changed', (job) => {
      const known = this.known.get(job.id);
      if (!known || known.gist === gistOf(job)) return;
      known.gist = gistOf(job);
      this.changed(known.campaignId);
    });
  }

  /** Calls back with the ID of a campaign if one of its jobs has changed. */
  onChange(changed: (campaignId: string) => void): void {
    this.changed = changed;
  }

  /** Records the outcome of their jobs on its devices. @returns whether a device has changed */
  async record({ id: campaignId, state }: CampaignEntity): Promise<boolean> {
    let isChanged = false;
    const running = await this.devices.running(campaignId);
    // before they are read, so that no change is missed
    for (const { jobId } of running)
      if (jobId && !this.known.has(jobId)) this.known.set(jobId, { campaignId, gist: '' });
    const jobs = await this.jobsOf(running.flatMap(({ jobId }) => jobId ?? []));
    for (const device of running) {
      const job = jobs.get(device.jobId ?? '');
      if (job) this.known.set(job.id, { campaignId, gist: gistOf(job) });
      const outcome = outcomeOf(device, job, state === 'aborting');
      if (!outcome) continue;
      isChanged = (await this.devices.change(device.id, 'running', outcome)) || isChanged;
      if (outcome.state !== 'running' && device.jobId) this.known.delete(device.jobId);
    }
    return isChanged;
  }

  /** Takes back the jobs that have not started on their devices. */
  async withdraw(campaignId: string): Promise<void> {
    const running = await this.devices.running(campaignId);
    const jobs = [...(await this.jobsOf(running.flatMap(({ jobId }) => jobId ?? []))).values()];
    await this.revocation.withdraw(
      jobs.filter(({ state, revokedAt }) => (state === 'requested' || state === 'held') && !revokedAt),
    );
  }

  /** Of a campaign that is over. A job that was still open then has no known result. */
  async close(campaignId: string): Promise<void> {
    await this.devices.giveUp(campaignId, new Date());
    for (const [jobId, known] of this.known) if (known.campaignId === campaignId) this.known.delete(jobId);
  }

  private async jobsOf(ids: readonly string[]): Promise<Map<string, JobEntity>> {
    return new Map((await this.jobs.among(ids)).map((job) => [job.id, job]));
  }
}
