import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { signingKey } from '../protocol/approval-record';
import { agentId, deviceId } from '../protocol/names';
import { parseJson } from '../protocol/parse-json';
import { credentialsPath } from './credentials';
import { RecordNotVerified } from './terminal.errors';

/** Signing keys that are remembered for one agent, oldest first: records from before a new enrolment have the earlier key. */
const KEYS_PER_AGENT = 10;

const agentsOfServer = z.object({
  agents: z.record(agentId, z.array(signingKey).max(KEYS_PER_AGENT)),
  /** The agent that has answered for each device. */
  devices: z.record(deviceId, agentId),
});
const knownAgents = z.record(z.string(), agentsOfServer);
export type AgentsOfServer = z.infer<typeof agentsOfServer>;

/** In the folder of the stored login. */
export const knownAgentsPath = (env: NodeJS.ProcessEnv): string =>
  join(dirname(credentialsPath(env)), 'known-agents.json');

/** What this computer remembers of a server's agents. @throws RecordNotVerified if the file is not usable */
export async function readKnownAgents(env: NodeJS.ProcessEnv, server: string): Promise<AgentsOfServer> {
  return (await readAll(knownAgentsPath(env)))[server] ?? { agents: {}, devices: {} };
}

/** Remembers that this agent answers for the device, and signs with the key. */
export async function rememberAgent(
  env: NodeJS.ProcessEnv,
  server: string,
  seen: { agentId: string; deviceId: string; key: string },
): Promise<void> {
  const path = knownAgentsPath(env);
  const all = await readAll(path);
  const { agents, devices } = all[server] ?? { agents: {}, devices: {} };
  const keys = [...(agents[seen.agentId] ?? []).filter((key) => key !== seen.key), seen.key].slice(-KEYS_PER_AGENT);
  const changed: AgentsOfServer = {
    agents: { ...agents, [seen.agentId]: keys },
    devices: { ...devices, [seen.deviceId]: seen.agentId },
  };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const beside = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(beside, 'wx', 0o600);
  try {
    await file.writeFile(`${JSON.stringify({ ...all, [server]: changed }, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
}

/** A file that cannot be read is an error: without it, any key would be trusted as if it were the first. */
async function readAll(path: string): Promise<z.infer<typeof knownAgents>> {
  const unusable = (why: string) =>
    new RecordNotVerified(
      `The keys of the agents cannot be read from ${path}: ${why}`,
      'Restore the file, or remove it.',
    );
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw unusable(error.code ?? error.message);
  });
  const { data } = knownAgents.safeParse(parseJson(text));
  if (!data) throw unusable('the file is damaged');
  return data;
}
