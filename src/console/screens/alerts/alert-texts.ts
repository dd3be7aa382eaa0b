import type { Alert } from '../../../protocol/alert';
import { deviceProblem } from '../../../protocol/device-information';
import type { Messages } from '../../messages/en';
import type { Formats } from '../../messages/formats';
import { ownText } from '../../messages/own-text';
import { alertText, supplyText } from '../device-information/device-texts';

/** What an alert is about, without the name of its device. */
export function textOfAlert({ rule, agentId, since, facts }: Alert, t: Messages, formats: Formats): string {
  const { supply, level, daysLeft, code = '', text = '', devices = 0, silent = 0, connected = 0 } = facts;
  const { usual = 0, volume = 0 } = facts;
  const { texts } = t.alerts;
  switch (rule) {
    case 'supply-low':
      if (!supply || level === undefined) return alertText({ code, text }, t);
      return daysLeft === undefined
        ? texts.supplyAt(supplyText(supply, t), formats.percent(level / 100))
        : texts.supplyFor(supplyText(supply, t), formats.percent(level / 100), formats.count(daysLeft));
    case 'jam':
      return texts.jam;
    case 'service-call':
      return texts.service(alertText({ code, text }, t));
    case 'meter-still':
      return texts.meterStill(formats.date(since), formats.count(usual));
    case 'unusual-volume':
      return texts.unusualVolume(formats.count(volume), formats.count(usual));
    case 'device-silent': {
      const problem = deviceProblem.safeParse(facts.problem);
      return texts.deviceSilent(t.information.problems[problem.success ? problem.data : 'unreachable'].label);
    }
    case 'agent-silent':
      return texts.agentSilent(agentId ?? '', formats.count(devices));
    case 'customer-agents-silent': {
      const { agents = [] } = facts;
      const more = silent - agents.length;
      const listed = agents.join(', ') + (more > 0 ? texts.andMore(formats.count(more)) : '');
      return texts.customerSilent(formats.count(silent), listed, formats.count(devices));
    }
    case 'many-agents-silent':
      return texts.manySilent(formats.count(silent), formats.count(connected));
    case 'certificate-expiring':
      return texts.certificate(facts.expiresAt ? formats.date(facts.expiresAt) : '');
    case 'backup-missing':
      return facts.at ? texts.oldBackup(formats.date(facts.at)) : texts.noBackup;
    case 'rollout-paused':
      return texts.rolloutPaused(code, t.detail(text));
    case 'campaign-paused':
      return texts.campaignPaused(text, ownText(t.campaigns.reasons, code) ?? code);
    case 'deployment-undone':
      return code === 'failed' ? texts.deploymentFailed(text) : texts.deploymentUndone(text);
    case 'disk-full':
      return texts.diskFull(text);
    case 'audit-changed':
      return texts.auditChanged(text);
  }
}
