import type { Job, JobState, ResultLine } from '../../../protocol/maintenance';
import type { Messages } from '../../messages/en';
import type { Tone } from '../../parts/status';

const TONES: Record<JobState, Tone> = {
  requested: 'busy',
  executing: 'busy',
  held: 'busy',
  succeeded: 'on',
  failed: 'bad',
  cancelled: 'off',
};
export const jobTone = ({ state }: Pick<Job, 'state'>): Tone => TONES[state];

export const operationName = ({ operation }: Pick<Job, 'operation'>, t: Messages): string =>
  t.maintenance.operations[operation].name;

/** `Install firmware 2.15.000` */
export const jobTitle = (job: Pick<Job, 'operation' | 'firmware'>, t: Messages): string =>
  [operationName(job, t), job.firmware?.version].filter(Boolean).join(' ');

/** What an agent or a device says may be the name of something that every object has. */
const wordOf = (words: Readonly<Partial<Record<string, string>>>, name: string): string | undefined =>
  Object.hasOwn(words, name) ? words[name] : undefined;

/** What the agent says it is doing. */
export const activityWords = (activity: string, t: Messages): string =>
  wordOf(t.maintenance.activities, activity) ?? activity.replaceAll('-', ' ');

/** What a line of a result, or a counter, is called; the words of IPP and of the Printer MIB can be read as they are. */
export function lineName(name: string, t: Messages): string {
  const words = name.replace(/[.-]+/g, ' ').trim();
  return wordOf(t.maintenance.lines, name) ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** Names of lines whose digits are no number. */
const TEXTS = /serial|version|model|name/;
/** A number that needs separators to be read. */
export const isCount = ({ name, value }: ResultLine): boolean => !TEXTS.test(name) && /^(0|[1-9]\d{0,14})$/.test(value);
