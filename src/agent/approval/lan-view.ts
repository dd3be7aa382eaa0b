import type { LanView } from '../../protocol/approver-page';
import type { PanelView } from '../../protocol/approval-screen';
import type { Approver } from './approver-store';

export const mayAnswerFor = ({ devices }: Pick<Approver, 'devices'>, deviceId: string): boolean =>
  devices === null || devices.includes(deviceId);

/** What an approver sees: the devices for which they may answer. @param provenUntil on the clock of `view` */
export function lanView(view: PanelView, approver: Approver, provenUntil: number | null): LanView {
  const isTheirs = ({ deviceId }: { readonly deviceId: string }) => mayAnswerFor(approver, deviceId);
  return {
    ...view,
    asking: view.asking.filter(isTheirs),
    jobsAsking: view.jobsAsking.filter(isTheirs),
    live: view.live.filter(isTheirs),
    maintenance: view.maintenance.filter(isTheirs),
    ended: view.ended.filter(isTheirs),
    devices: view.devices.filter(({ id }) => mayAnswerFor(approver, id)),
    conditions: view.conditions.filter(isTheirs),
    denials: view.denials.filter(isTheirs),
    originsAsking: view.originsAsking.filter(isTheirs),
    originsPermitted: view.originsPermitted.filter(isTheirs),
    approver: {
      name: approver.name,
      setsConditions: approver.setsConditions,
      provenUntil,
      passkeys: approver.passkeys.length,
    },
  };
}
