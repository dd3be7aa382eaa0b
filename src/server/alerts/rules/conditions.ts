import type { AlertFacts, AlertRule, DeviceRules } from '../../../protocol/alert';
import type { AlertSeverity, DeviceAlert, DeviceInformation, Supply } from '../../../protocol/device-information';

/** What a rule has found at a device, an agent or the server. */
export interface Condition {
  readonly rule: AlertRule;
  /** Tells several conditions of one rule at one target apart. */
  readonly subject: string;
  readonly severity: AlertSeverity;
  readonly facts: AlertFacts;
  /** false: it keeps an alert open that was raised before, but raises none. */
  readonly raises: boolean;
  /** How long it has to last before the alert is raised. */
  readonly holdMs: number;
  /** When it began, if that is known; otherwise, it begins when it is found. */
  readonly since?: Date;
}

const MINUTE_MS = 60_000;

/** For devices that report no levels: their own alerts about supplies. */
const SUPPLY_ALERT = /^(toner|ink|marker-supply|developer)-(low|empty)$/;
/**
 * Alerts about what the people at the device cannot remove: failures of a subunit, unless it recovers from them, temperatures,
 * worn parts, and the device's own request for service.
 */
const SERVICE_ALERT =
  /(^|-)unrecoverable-|(?<!(^|-)recoverable)-failure$|^service-requested$|-(over|under)-temp(erature)?$|(^|-)life-over$/;

/** The conditions of a device in its current information. Pure. */
export function conditionsOf(information: DeviceInformation, rules: DeviceRules): Condition[] {
  if (!information.reached) return silence(information, rules);
  return [...lowSupplies(information, rules), ...jams(information, rules), ...serviceCalls(information, rules)];
}

/** What the device reported last stays as it is until it answers again; see `reconcile`. */
function silence({ problem }: DeviceInformation, rules: DeviceRules): Condition[] {
  const { enabled, minutes } = rules['device-silent'];
  if (!enabled) return [];
  const found = { subject: '', severity: 'error', facts: { problem: problem?.code ?? 'unreachable' } } as const;
  return [{ rule: 'device-silent', ...found, raises: true, holdMs: minutes * MINUTE_MS }];
}

function lowSupplies({ supplies, alerts }: DeviceInformation, rules: DeviceRules): Condition[] {
  const { enabled, belowPercent, resolvedAtPercent } = rules['supply-low'];
  if (!enabled) return [];
  const measured = supplies.filter((supply): supply is Supply & { level: number } => supply.level !== null);
  const low = (subject: string, isEmpty: boolean, facts: AlertFacts, raises = true): Condition => ({
    ...{ rule: 'supply-low', subject, severity: isEmpty ? 'error' : 'warning' },
    ...{ facts, raises, holdMs: 0 },
  });
  if (measured.length === 0)
    return distinct(
      alerts
        .filter(({ code }) => SUPPLY_ALERT.test(code))
        .map(({ code, text }) => low(code.replace(/-(low|empty)$/, ''), code.endsWith('-empty'), { code, text })),
    );
  return distinct(
    measured
      .filter(({ level }) => level < resolvedAtPercent)
      .sort((one, other) => one.level - other.level)
      .map(({ type, colour, name, level }) =>
        low(`${type} ${colour} ${name}`, level === 0, { supply: { name, type, colour }, level }, level < belowPercent),
      ),
  );
}

function jams({ alerts }: DeviceInformation, rules: DeviceRules): Condition[] {
  const { enabled, minutes } = rules.jam;
  const jam = alerts.find(({ code, severity }) => code === 'media-jam' && severity !== 'report');
  if (!enabled || !jam) return [];
  return [
    { rule: 'jam', subject: '', ...reported(jam), severity: 'warning', raises: true, holdMs: minutes * MINUTE_MS },
  ];
}

function serviceCalls({ alerts }: DeviceInformation, rules: DeviceRules): Condition[] {
  const { enabled, minutes } = rules['service-call'];
  if (!enabled) return [];
  return distinct(
    alerts
      .filter(({ code, severity }) => SERVICE_ALERT.test(code) && severity !== 'report')
      .map((alert) => ({
        ...{ rule: 'service-call', subject: alert.code, ...reported(alert), severity: 'error' },
        ...{ raises: true, holdMs: minutes * MINUTE_MS },
      })),
  );
}

const reported = ({ code, text }: DeviceAlert) => ({ facts: { code, text } });

/** The first of each subject: a device may have two supplies that it does not name. */
function distinct(conditions: Condition[]): Condition[] {
  const subjects = new Set<string>();
  return conditions.filter(({ subject }) => !subjects.has(subject) && subjects.add(subject));
}
