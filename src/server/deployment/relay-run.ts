import { basename, dirname } from 'node:path';
import { BUILT_IN, releaseName } from '../../protocol/deployment';
import type { RelayRun } from '../../protocol/keeper-rpc';

export const isSameRun = (one: RelayRun, other: RelayRun): boolean =>
  one.file === other.file && one.pairs === other.pairs;

/** Name of the release that is run: its script lies in a folder of that name. */
export function releaseOf({ file }: Pick<RelayRun, 'file'>): string {
  const name = file === null ? BUILT_IN : basename(dirname(file));
  return releaseName.safeParse(name).success ? name : BUILT_IN;
}
