import { z } from 'zod';
import type { deploymentExecution } from '../../protocol/deployment';
import { toInstant } from '../../protocol/names';
import { storedLogin } from '../credentials';
import type { Exit } from '../exit-codes';
import { UnknownRelease, UsageError } from '../terminal.errors';
import type { TerminalIo } from '../terminal-io';
import { DeploymentApi } from './deployment-api';
import { DeploymentFollower } from './deployment-follower';
import { changeWords } from './deployment-words';

export interface WhenOptions {
  /** `ask`, `now`, `idle` or a time (RFC 3339). */
  when: string;
  /** Executes without a prompt. */
  yes?: boolean;
  json?: boolean;
}
export interface DeployOptions extends WhenOptions {
  release?: string;
  pairs?: number;
  relay: string;
}
type When = { when: 'ask' } | z.input<typeof deploymentExecution>;

/** `platen deploy`: starts a deployment (S311), shows the device list, and follows the deployment to its end. */
export async function deploy(io: TerminalIo, options: DeployOptions): Promise<Exit> {
  const { release, pairs, relay: relayId } = options;
  if (release === undefined && pairs === undefined)
    throw new UsageError('Nothing to deploy.', 'Choose a release with --release or a number of pairs with --pairs.');
  const when = whenOf(options.when);
  const api = new DeploymentApi(await storedLogin(io));
  if (release !== undefined && !(await api.releases()).some(({ name }) => name === release))
    throw new UnknownRelease(release);
  checkPrompt(io, options);
  const deployment = await api.instruct({ relayId, release, pairs, ...when });
  if (!options.json) io.report(`Deployment ${deployment.id}: ${changeWords(deployment)}`);
  return new DeploymentFollower(io, api, options).follow(deployment);
}

/** `platen deploy roll-back`: deploys what served before a deployment. */
export async function deployRollBack(io: TerminalIo, id: string, options: WhenOptions): Promise<Exit> {
  const when = whenOf(options.when);
  checkPrompt(io, options);
  const api = new DeploymentApi(await storedLogin(io));
  const listed = await api.rollBack(id);
  if (!options.json) io.report(`Deployment ${listed.id}: ${changeWords(listed)}`);
  // a deployment without open sessions has already started
  const started = listed.state === 'listed' && when.when !== 'ask' ? await api.execute(listed.id, when) : listed;
  return new DeploymentFollower(io, api, options).follow(started);
}

/** @throws UsageError */
function whenOf(when: string): When {
  if (when === 'ask' || when === 'now' || when === 'idle') return { when };
  const time = z.iso.datetime({ offset: true }).safeParse(when);
  if (time.success) return { when: 'at', at: toInstant(Date.parse(when)) };
  throw new UsageError(`"${when}" is not a time.`, 'Pass ask, now, idle or a time such as 2026-03-02T22:00:00+01:00.');
}

/** @throws UsageError if a prompt is needed but there is no terminal */
function checkPrompt(io: TerminalIo, { when, yes, json }: WhenOptions): void {
  if (when !== 'ask' || yes || (io.interactive && !json)) return;
  throw new UsageError('Not interactive: pass --when or --yes.', 'For example --when now, --when idle or --yes.');
}
