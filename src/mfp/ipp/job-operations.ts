import type { IppAttribute } from '../../ipp/ipp-message';
import { shownText } from '../../protocol/shown-text';
import { TooManyJobs } from '../machine/machine.errors';
import type { Job } from '../machine/memory';
import { MFP_LIMITS } from '../mfp-limits';
import type { Exchange } from '../web/exchange';
import { countPages, DOCUMENT_FORMATS } from './document-pages';
import { requested, IppRefusal, numberOf, textOf, type IppCall, type IppReply } from './ipp-call';
import { printerUri } from './printer-attributes';

const isOpen = ({ result }: Job): boolean => result === 'waiting' || result === 'printing';

/** Print-Job (RFC 8011 4.2.1). */
export async function printJob({ exchange, operation, job, document }: IppCall): Promise<IppReply> {
  const format = printableFormat(operation);
  const copies = Math.min(Math.max(1, numberOf(job, 'copies') ?? 1), MFP_LIMITS.PANEL_COPIES);
  const pages = Math.min(copies * (await countPages(document, format)), MFP_LIMITS.IPP_PAGES);
  const title = lineOf(textOf(operation, 'job-name')) || 'Document';
  const owner = lineOf(textOf(operation, 'requesting-user-name')) || 'anonymous';
  try {
    const made = exchange.machine.print(title, owner, pages, textOf(job, 'print-color-mode') === 'color');
    const attributes = jobAttributes(exchange, made);
    return { groups: [{ group: 'job', attributes: attributes.slice(0, 4) }] };
  } catch (error) {
    if (!(error instanceof TooManyJobs)) throw error;
    throw new IppRefusal('server-error-busy', error.message);
  }
}

/** Validate-Job (RFC 8011 4.2.3). */
export function validateJob({ operation }: IppCall): IppReply {
  printableFormat(operation);
  return {};
}

function printableFormat(operation: IppCall['operation']): string {
  const format = textOf(operation, 'document-format') ?? 'application/octet-stream';
  if (!DOCUMENT_FORMATS.includes(format)) throw new IppRefusal('client-error-document-format-not-supported');
  if ((textOf(operation, 'compression') ?? 'none') !== 'none')
    throw new IppRefusal('client-error-compression-not-supported');
  return format;
}

/** Get-Jobs (RFC 8011 4.2.6). */
export function getJobs({ exchange, operation }: IppCall): IppReply {
  const which = textOf(operation, 'which-jobs') ?? 'not-completed';
  const limit = Math.min(Math.max(1, numberOf(operation, 'limit') ?? Infinity), MFP_LIMITS.IPP_JOBS);
  const owner = operation.get('my-jobs')?.[0] === true ? textOf(operation, 'requesting-user-name') : undefined;
  const jobs = exchange.machine.memory.jobs
    .filter((job) => which === 'all' || isOpen(job) === (which === 'not-completed'))
    .filter((job) => owner === undefined || job.owner === owner);
  // open jobs in the order in which they will be printed, ended ones newest first
  const ordered = which === 'not-completed' ? jobs : jobs.reverse();
  const groups = ordered.slice(0, limit).map((job) => ({
    group: 'job' as const,
    attributes: requested(jobAttributes(exchange, job), operation, ['job-uri', 'job-id']),
  }));
  return { groups };
}

/** Get-Job-Attributes (RFC 8011 4.3.4). */
export function getJobAttributes(call: IppCall): IppReply {
  const attributes = requested(jobAttributes(call.exchange, jobOf(call)), call.operation);
  return { groups: [{ group: 'job', attributes }] };
}

/** Cancel-Job (RFC 8011 4.3.3). */
export function cancelJob(call: IppCall): IppReply {
  const { id, result } = jobOf(call);
  if (!call.exchange.machine.cancel(id)) throw new IppRefusal('client-error-not-possible', `the job is ${result}`);
  return {};
}

/** The job of a request: job-uri, or job-id with the printer's URI (RFC 8011 4.3). */
function jobOf({ exchange, operation }: IppCall): Job {
  const inUri = /\/(\d{1,9})$/.exec(textOf(operation, 'job-uri') ?? '')?.[1];
  const id = inUri === undefined ? numberOf(operation, 'job-id') : Number(inUri);
  const job = exchange.machine.memory.jobs.find((one) => one.id === id);
  if (!job) throw new IppRefusal('client-error-not-found', 'there is no such job');
  return job;
}

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
function jobAttributes(exchange: Exchange, job: Job): IppAttribute[] {
  const { startedAt, status } = exchange.machine;
  const held = job.result === 'printing' && status.state === 'stopped';
  const [state, reason] = held ? PROCESSING_STOPPED : JOB_STATES[job.result];
  /** In seconds since the machine was switched on. */
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

const lineOf = (text = ''): string => shownText(text).slice(0, 80);
