import type { Journal } from '../../journal/journal';
import type { ControlPlaneMethods, Params } from '../../protocol/relay-rpc';
import { RpcRefused } from '../../tunnel/json-rpc.errors';
import type { ControlPlaneLink } from './control-plane-link';
import type { Links } from './links';
import type { LoadMeter } from './load-meter';
import type { LogReporter } from './log-reporter';
import { CONTROL_PLANE_UNAVAILABLE } from './rpc-refusals';
import type { SessionLog } from './session-log';
import type { MasterAnswers } from './supervised-pair';

/** The Master's answers to its pairs, which share one link to the control plane and one session log. */
export function masterAnswers(
  controlPlane: ControlPlaneLink,
  sessionLog: SessionLog,
  reporter: LogReporter,
  links: Links,
  meter: LoadMeter,
  journal: Journal,
): MasterAnswers {
  const ask = <K extends keyof ControlPlaneMethods>(method: K) => {
    return (params: Params<ControlPlaneMethods, K>) =>
      controlPlane.call(method, params).catch((error: Error) => {
        throw new RpcRefused(CONTROL_PLANE_UNAVAILABLE, error.message);
      });
  };
  const reportBytes = ask('report-bytes');
  return {
    authenticate: ask('authenticate'),
    'request-termination': ask('request-termination'),
    'report-bytes': (params) => {
      meter.count(params.counts);
      return reportBytes(params);
    },
    store: async (log) => ({ stored: await sessionLog.write(log) }),
    report: async ({ log, remoteSessionId, step }) => {
      const reported = reporter.report(log, () => step && journal.step(step, remoteSessionId));
      const acknowledged = await Promise.race([
        reported.then(
          () => true,
          () => false, // the relay stops; the log is reported after the next start
        ),
        controlPlane.whenDisconnected().then(() => false),
      ]);
      return { acknowledged };
    },
    over: ({ linkId }) => {
      links.delete(linkId);
      meter.forget(linkId);
      return {};
    },
  };
}
