import { Body, Controller, Post } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import { fleetJobs, newFleetJobs, type FleetJobs, type NewFleetJobs } from '../../protocol/fleet';
import { LIMITS } from '../../protocol/limits';
import type { Actor } from '../auth/actor';
import { CurrentActor } from '../auth/access/identity';
import { Permit } from '../auth/access/access.guard';
import { Answers } from '../http/answers';
import { FleetJobRequests } from './fleet-job-requests';

@Controller('api/fleet/jobs')
@Permit('technician')
export class FleetJobsController {
  constructor(private readonly requests: FleetJobRequests) {}

  @Post()
  @Throttle({ default: { limit: LIMITS.FLEET_JOBS_PER_MINUTE, ttl: 60_000 } })
  @Answers(fleetJobs)
  request(@CurrentActor() actor: Actor, @Body({ schema: newFleetJobs }) body: NewFleetJobs): Promise<FleetJobs> {
    return this.requests.request(actor, body);
  }
}
