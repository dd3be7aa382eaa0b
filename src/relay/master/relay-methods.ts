import type { RelayMethods } from '../../protocol/relay-rpc';
import type { RpcHandlers } from '../../tunnel/json-rpc';
import type { Links } from './links';
import type { LogReporter } from './log-reporter';
import type { Master } from './master';

/** Handles the requests of the control plane. */
export function relayMethods(
  master: Master,
  links: Links,
  reporter: LogReporter,
  { version, pairs }: { version: string; pairs: number },
): RpcHandlers<RelayMethods> {
  return {
    'connection-info': (params) => master.connectionInfo(params),
    'list-sessions': ({ deploymentId }) => master.listSessions(deploymentId),
    'end-session': async ({ linkId, half, ending }) => ({ known: await master.endHalf(linkId, half, ending) }),
    drain: async ({ draining, returnAfterSeconds }) => {
      await master.drain(draining, returnAfterSeconds);
      return {};
    },
    health: async () => ({
      version,
      pairs,
      links: links.size,
      unacknowledgedLogs: reporter.unacknowledged,
      uptimeSeconds: process.uptime(),
      residentBytes: (await master.resources()).residentBytes,
    }),
  };
}
