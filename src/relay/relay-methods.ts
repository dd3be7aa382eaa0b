import type { RelayMethods } from '../protocol/relay-rpc';
import type { RpcHandlers } from '../tunnel/json-rpc';
import type { LogReporter } from './log-reporter';
import type { Master } from './master';

/** What the control plane may ask of this relay. */
export function relayMethods(master: Master, reporter: LogReporter, version: string): RpcHandlers<RelayMethods> {
  return {
    'connection-info': (params) => master.connectionInfo(params),
    'list-sessions': () => Promise.resolve({ sessions: master.listSessions() }),
    'end-session': ({ linkId, half, ending }) =>
      Promise.resolve({ known: master.endHalf(linkId, half, { reason: 'control-plane', ending }) }),
    drain: ({ draining, returnAfterSeconds }) => {
      master.drain(draining, returnAfterSeconds);
      return Promise.resolve({});
    },
    health: () =>
      Promise.resolve({
        version,
        pairs: master.pairs,
        links: master.links,
        unacknowledgedLogs: reporter.unacknowledged,
        uptimeSeconds: process.uptime(),
        residentBytes: process.memoryUsage.rss(),
      }),
  };
}
