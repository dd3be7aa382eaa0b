import { z } from 'zod';
import { weeklyHours } from './access-conditions';
import { language, namedSite, pageQuery } from './api';
import { alertSeverity, supply } from './device-information';
import { LIMITS } from './limits';
import { agentId, deviceId, instant } from './names';
import { timeZone } from './weekly-hours';

/**
 * Alerts: conditions of devices, agents and this server that somebody has to act on. An alert is raised once for each rule
 * and subject, and stays open until its condition is over. The alerts in device information (`deviceAlert`) are what a
 * device reports; rules decide which of them become one of these.
 */
export const ALERT_RULES = {
  /** A supply is below a percentage, or will be empty in some days, or the device reports that it is low and no percentage. */
  'supply-low': 'a supply is low',
  jam: 'a paper jam has not been cleared',
  /** The device reports a failure that the people at the device cannot remove. */
  'service-call': 'the device needs service',
  /** The device prints usually, and its counter has not moved for some days. */
  'meter-still': 'the counter of the device stands still',
  /** The device prints far more than on its usual days. */
  'unusual-volume': 'the device prints unusually much',
  /** The device has not answered its agent. */
  'device-silent': 'the device does not answer',
  /** The agent has had no connection. One alert for all devices behind it. */
  'agent-silent': 'the agent is not connected',
  /** Several agents of one customer have had no connection at the same time; one alert that lists them. */
  'customer-agents-silent': 'several agents of a customer are not connected',
  /** Most agents are not connected at the same time; one alert instead of one for each. */
  'many-agents-silent': 'most agents are not connected',
  /** Of this server. */
  'certificate-expiring': 'the certificate of the server is about to expire',
  'backup-missing': 'the server has written no backup in time, or failed to',
  'rollout-paused': 'the rollout of a release of the agent has paused, because an agent was not updated',
  'campaign-paused': 'a campaign has paused automatically and waits for somebody',
  'deployment-undone': 'the last deployment of a relay was rolled back, or failed',
  'disk-full': 'the disk of the server is nearly full',
  'audit-changed': 'the audit trail was changed by someone else than the server',
} as const;
export type AlertRule = keyof typeof ALERT_RULES;
export const alertRule = z.enum(Object.keys(ALERT_RULES) as [AlertRule, ...AlertRule[]]);

/** What an alert is about, as far as it applies to its rule. */
export const alertFacts = z
  .object({
    supply: supply.pick({ name: true, type: true, colour: true }),
    /** Of the supply, in per cent. */
    level: z.int(),
    /** Until the supply is empty (a receptacle: full), by the use of it so far. */
    daysLeft: z.int(),
    /** Pages of the device: on a usual day, and of today so far or of yesterday. */
    usual: z.int(),
    volume: z.int(),
    /** The device's own alert: keyword and text. */
    code: z.string(),
    text: z.string(),
    /** Why the device does not answer: code of a problem of device information. */
    problem: z.string(),
    /** Number of devices behind the agent, or the agents. */
    devices: z.int(),
    /** Numbers of agents. */
    silent: z.int(),
    connected: z.int(),
    /** Those that are silent, the longest silent first; ALERT_AGENTS_LISTED at most. */
    agents: z.array(agentId),
    expiresAt: instant,
    /** Of the newest backup; absent: there is none. */
    at: instant,
  })
  .partial();
export type AlertFacts = z.infer<typeof alertFacts>;

/** Why an alert is resolved: its condition is over, its rule was switched off, or its device or agent was removed. */
export const alertResolution = z.enum(['cleared', 'rule-off', 'removed']);
export type AlertResolution = z.infer<typeof alertResolution>;

export const alert = z.object({
  id: z.uuid(),
  rule: alertRule,
  severity: alertSeverity,
  /** null: of the server. Only administrators see alerts without a site. */
  customerId: z.uuid().nullable(),
  site: namedSite.nullable(),
  agentId: agentId.nullable(),
  deviceId: deviceId.nullable(),
  deviceName: z.string(),
  facts: alertFacts,
  /** When the condition began, as far as the server knows. */
  since: instant,
  raisedAt: instant,
  acknowledged: z.object({ at: instant, by: z.string() }).nullable(),
  resolved: z.object({ at: instant, resolution: alertResolution }).nullable(),
});
export type Alert = z.infer<typeof alert>;

const yesNo = z.enum(['yes', 'no']).optional();
/** `GET /api/alerts`, newest first. */
export const alertQuery = pageQuery.extend({
  state: z.enum(['open', 'resolved', 'all']).default('open'),
  severity: alertSeverity.optional(),
  rule: alertRule.optional(),
  customerId: z.uuid().optional(),
  deviceId: deviceId.optional(),
  acknowledged: yesNo,
});
export type AlertQuery = z.output<typeof alertQuery>;

// ---- settings
const enabled = z.boolean();
const WEEK_MINUTES = 7 * 24 * 60;
const minutes = z.int().min(1).max(WEEK_MINUTES);
const percent = z.int().min(0).max(100);
const days = z.int().min(0).max(LIMITS.FORECAST_DAYS);

/** Rules that a customer may have thresholds of its own for. */
export const deviceRules = z.strictObject({
  'supply-low': z
    .strictObject({
      enabled,
      belowPercent: percent.min(1),
      resolvedAtPercent: percent,
      /** 0: the days that are left raise no alert. */
      belowDays: days,
      resolvedAtDays: days,
    })
    .refine((rule) => rule.resolvedAtPercent > rule.belowPercent, {
      path: ['resolvedAtPercent'],
      message: 'must be more than the percentage below which the alert is raised',
    })
    .refine((rule) => rule.belowDays === 0 || rule.resolvedAtDays > rule.belowDays, {
      path: ['resolvedAtDays'],
      message: 'must be more than the days below which the alert is raised',
    }),
  jam: z.strictObject({ enabled, minutes }),
  'service-call': z.strictObject({ enabled, minutes }),
  'meter-still': z.strictObject({ enabled, days: days.min(1) }),
  /** More than `times` a usual day, and at least so many pages. */
  'unusual-volume': z.strictObject({ enabled, times: z.int().min(2).max(100), pages: z.int().min(1).max(1_000_000) }),
  'device-silent': z.strictObject({ enabled, minutes }),
  'agent-silent': z.strictObject({ enabled, minutes }),
});
export type DeviceRules = z.infer<typeof deviceRules>;
export const alertRules = deviceRules.extend({
  'certificate-expiring': z.strictObject({ enabled, days: z.int().min(1).max(365) }),
});
export type AlertRules = z.infer<typeof alertRules>;

export const DEFAULT_ALERT_RULES: AlertRules = {
  // clear of the level at which most devices report "low", and of the jitter of their measurement
  'supply-low': { enabled: true, belowPercent: 10, resolvedAtPercent: 20, belowDays: 7, resolvedAtDays: 14 },
  jam: { enabled: true, minutes: 15 },
  'service-call': { enabled: true, minutes: 5 },
  // longer than the holidays of most customers
  'meter-still': { enabled: true, days: 14 },
  'unusual-volume': { enabled: true, times: 5, pages: 500 },
  'device-silent': { enabled: true, minutes: 60 },
  'agent-silent': { enabled: true, minutes: 30 },
  'certificate-expiring': { enabled: true, days: 21 },
};

/** Mails about alerts. */
export const alertMail = z.strictObject({
  to: z.array(z.email().max(254)).max(LIMITS.ALERT_MAIL_RECIPIENTS),
  language,
});
export type AlertMail = z.infer<typeof alertMail>;

/** When nothing is sent. Alerts are raised in these hours, too, and sent when the hours are over. */
export const quietTimes = z.strictObject({
  timeZone,
  hours: z.array(weeklyHours).max(LIMITS.WEEKLY_HOURS_PER_CONDITION),
});
export type QuietTimes = z.infer<typeof quietTimes>;

/** Increases with each change; PUT sends the one that it has read, and is refused if that is not the current one. */
const version = z.int().nonnegative();
/** `GET PUT /api/alert-settings`: for all customers without settings of their own. */
export const alertSettings = z.strictObject({ version, rules: alertRules, mail: alertMail, quiet: quietTimes });
export type AlertSettings = z.infer<typeof alertSettings>;
/** `GET PUT /api/customers/:id/alert-settings`; what is null or missing is as for all customers. */
export const customerAlertSettings = z.strictObject({
  version,
  rules: deviceRules.partial(),
  mail: alertMail.nullable(),
  quiet: quietTimes.nullable(),
});
export type CustomerAlertSettings = z.infer<typeof customerAlertSettings>;
