import type { Job } from '../../../protocol/maintenance';

export interface Reading {
  readonly at: string;
  readonly count: number;
}

/** The impressions that jobs have read, oldest first. */
export const impressionsOf = (jobs: readonly Job[]): Reading[] =>
  jobs
    .flatMap(({ endedAt, result }) => {
      const line = result.find(({ name }) => name === 'impressions' || name.endsWith('.impressions'));
      const count = Number(line?.value);
      return line && endedAt && Number.isSafeInteger(count) ? [{ at: endedAt, count }] : [];
    })
    .sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
