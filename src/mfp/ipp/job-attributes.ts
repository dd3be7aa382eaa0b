import type { IppAttribute } from '../../ipp/ipp-message';
import type { Exchange } from '../web/exchange';
import type { Job } from '../machine/memory';
import { printerUri } from './printer-attributes';

type JobState = readonly [state: number, reason: string];

/** RFC 8011 5.3.7 and 5.3.8. */
const JOB_STATES: Readonly<Record<Job['result'], JobState>> = {
  waiting: [3, 'none'],
  printing: [5, 'job-printing'],
  completed: [9, 'job-completed-successfully'],
  cancelled: [7, 'job-canceled-by-user'],
  stopped: [8, 'aborted-by-system'],
};
const PROCESSING_STOPPED: JobState = [6, 'printer-stopped'];

/** Every attribute of a job (RFC 8011 5.3). */
export function jobAttributes(exchange: Exchange, job: Job): IppAttribute[] {
  const { startedAt, status } = exchange.machine;
  const held = job.result === 'printing' && status.state === 'stopped';
  const [state, reason] = held ? PROCESSING_STOPPED : JOB_STATES[job.result];
  /** Times are told in seconds since the machine was switched on. */
  const upTime = (at: string): number => Math.floor((Date.parse(at) - startedAt) / 1000);
  const attributes: IppAttribute[] = [
    ['uri', 'job-uri', `${printerUri(exchange)}/${job.id}`],
    ['integer', 'job-id', job.id],
    ['enum', 'job-state', state],
    ['keyword', 'job-state-reasons', reason],
    ['uri', 'job-printer-uri', printerUri(exchange)],
    ['name', 'job-name', job.title],
    ['name', 'job-originating-user-name', job.owner],
    ['integer', 'job-impressions', job.pages],
    ['integer', 'job-impressions-completed', job.printed],
    ['integer', 'job-media-sheets-completed', job.printed],
    ['integer', 'time-at-creation', upTime(job.receivedAt)],
  ];
  return job.endedAt === null ? attributes : [...attributes, ['integer', 'time-at-completed', upTime(job.endedAt)]];
}
