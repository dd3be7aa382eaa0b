import { Injectable } from '@nestjs/common';
import { TypedEvents } from '../events/typed-events';
import type { JobEntity } from './job.entity';

/** `changed`: after every saved change of a job that can be seen from outside. */
@Injectable()
export class JobEvents extends TypedEvents<{ changed: JobEntity }> {}
