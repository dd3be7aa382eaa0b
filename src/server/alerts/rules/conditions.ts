import type { AlertFacts, AlertRule, DeviceRules } from '../../../protocol/alert';
import type { AlertSeverity, DeviceAlert, DeviceInformation } from '../../../protocol/device-information';
import type { ForecastSupply } from '../../../protocol/readings';
import { withKeys } from '../../readings/booking';
import type { DeviceTrend } from '../../readings/trends';
import type { Usage } from '../../readings/usage';

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

/** How much less than what raises an alert about an unusual volume ends it. */
const VOLUME_HYSTERESIS = 0.75;
/** The deviations within which a volume is usual, however small `times` is. */
const SPREADS = 3;
/** Of the USAGE_BEFORE_DAYS before its counter stood still, a device that prints usually has printed on so many. */
const STILL_PRINTED_LEAST = 10;

/**
 * The conditions of a device in its current information, and by its readings. Pure.
 * @param trend undefined: it has not been read yet
 */
export function conditionsOf(
  information: DeviceInformation,
  rules: DeviceRules,
  trend: DeviceTrend | undefined,
): Condition[] {
  if (!information.reached) return silence(information, rules);
  const { serialNumber } = information;
  // readings of the device that was there before say nothing about this one
  const known = trend && (!serialNumber || !trend.serialNumber || serialNumber === trend.serialNumber);
  const usage = known ? trend.usage : null;
  return [
    ...lowSupplies(information, rules, known ? trend.supplies : new Map()),
    ...jams(information, rules),
    ...serviceCalls(information, rules),
    ...(usage ? [...stillMeter(usage, rules), ...unusualVolume(usage, rules)] : []),
  ];
}

/** What the device reported last stays as it is until it answers again; see `reconcile`. */
function silence({ problem }: DeviceInformation, rules: DeviceRules): Condition[] {
  const { enabled, minutes } = rules['device-silent'];
  if (!enabled) return [];
  const found = { subject: '', severity: 'error', facts: { problem: problem?.code ?? 'unreachable' } } as const;
  return [{ rule: 'device-silent', ...found, raises: true, holdMs: minutes * MINUTE_MS }];
}

function lowSupplies(
  { supplies, alerts }: DeviceInformation,
  rules: DeviceRules,
  forecasts: DeviceTrend['supplies'],
): Condition[] {
  const { enabled, belowPercent, resolvedAtPercent, belowDays, resolvedAtDays } = rules['supply-low'];
  if (!enabled) return [];
  const measured = withKeys(supplies).flatMap(({ key, supply: { level, ...supply } }) =>
    // by what is left now, which may be a new one
    level === null ? [] : { ...supply, level, days: daysLeft(level, forecasts.get(key)) },
  );
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
  const daysKept = belowDays === 0 ? 0 : resolvedAtDays;
  return distinct(
    measured
      .filter(({ level, days }) => level < resolvedAtPercent || days < daysKept)
      .sort((one, other) => one.level - other.level)
      .map(({ type, colour, name, level, days }) => {
        const facts = { supply: { name, type, colour }, level, ...(isFinite(days) && { daysLeft: days }) };
        return low(`${type} ${colour} ${name}`, level === 0, facts, level < belowPercent || days < belowDays);
      }),
  );
}

/** Infinity: not known. */
const daysLeft = (level: number, forecast: ForecastSupply['empty'] | undefined): number =>
  forecast ? Math.floor(level / forecast.perDay) : Infinity;

/** The counter of a device that printed on at least half of the working days before. */
function stillMeter({ stillSince, stillDays, printedBefore, usual }: Usage, rules: DeviceRules): Condition[] {
  const { enabled, days } = rules['meter-still'];
  if (!enabled || stillDays < days || printedBefore < STILL_PRINTED_LEAST) return [];
  const found = { rule: 'meter-still', subject: '', severity: 'warning', facts: { usual } } as const;
  return [{ ...found, raises: true, holdMs: 0, since: stillSince }];
}

function unusualVolume({ usual, spread, lately }: Usage, rules: DeviceRules): Condition[] {
  const { enabled, times, pages } = rules['unusual-volume'];
  const most = Math.max(pages, usual * times, usual + SPREADS * spread);
  if (!enabled || lately < most * VOLUME_HYSTERESIS) return [];
  const facts = { usual, volume: lately };
  return [{ rule: 'unusual-volume', subject: '', severity: 'warning', facts, raises: lately >= most, holdMs: 0 }];
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
