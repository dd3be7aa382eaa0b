import { z } from 'zod';
import { deviceKind, kindHas, storesDocuments } from '../../protocol/device-kinds';
import { LIMITS } from '../../protocol/limits';
import type { Operation } from '../../protocol/maintenance';
import { deviceId, spkiPin } from '../../protocol/names';
import { shownLine } from '../../protocol/shown-text';
import { maintenanceField, ownerRules } from '../maintenance/owner-rules';
import { application, withWeakTls } from './application';
import { certificate, displayAddress, firmwareAddress, ippAddress } from './device-address';
import { deviceLogin } from './device-login';
import { problem, unique } from './field-problem';
import { snmpField, snmpWrites } from './snmp-access';

/** Operations that need IPP only. `firmware-install` also needs an address for the file. */
const BY_IPP: readonly Operation[] = [
  'information',
  'counters',
  'identify',
  'test-page',
  'restart',
  'settings-read',
  'settings-set',
  'logs-read',
];
const BY_SNMP: readonly Operation[] = ['information', 'counters', 'settings-read', 'logs-read'];

/** What the configuration would need for an operation. */
function missingFor(name: Operation, hasIpp: boolean): string {
  if (hasIpp && name === 'firmware-install') return '"firmware"';
  if (name === 'settings-set') return '"ipp", or "snmp" with a right to write';
  return BY_SNMP.includes(name) ? '"ipp" or "snmp"' : '"ipp"';
}

const deviceFields = z.strictObject({
  id: deviceId,
  name: shownLine(100).min(1),
  kind: deviceKind,
  model: shownLine(200).default(''),
  serialNumber: shownLine(100).default(''),
  location: shownLine(200).default(''),
  applications: unique(z.array(application).min(1).max(LIMITS.APPLICATIONS_PER_DEVICE), 'application'),
  ipp: ippAddress.optional(),
  firmware: firmwareAddress.optional(),
  certificate: certificate.optional(),
  weakTls: z.literal(true).optional(),
  maintenance: maintenanceField.optional(),
  login: deviceLogin.optional(),
  snmp: snmpField.optional(),
  display: z
    .strictObject({ url: displayAddress, secretFile: z.string().min(1), pin: spkiPin.optional() })
    .superRefine(({ url, pin }, context) => {
      if (pin !== undefined && !url.tls) problem(context, 'is only allowed with an https address', ['pin']);
    })
    .transform(({ url, secretFile, pin }) => ({ address: { ...url, certificate: pin }, secretFile }))
    .optional(),
});
/** A device of the configuration, whose secrets are still to be read. */
export const device = deviceFields.transform((fields, context) => {
  const { maintenance, certificate: key, weakTls, ipp, firmware, snmp, ...rest } = fields;
  const { host, port } = rest.display?.address ?? {};
  for (const [index, { target, viewTarget, origins = [] }] of rest.applications.entries())
    if ([target, viewTarget, ...origins].some((each) => each !== undefined && each.host === host && each.port === port))
      return problem(context, 'must not be the display of the device: technicians could answer their own requests', [
        'applications',
        String(index),
      ]);
  if (rest.login && !ipp) return problem(context, 'requires "ipp"', ['login']);
  if (firmware && !ipp)
    return problem(context, 'requires "ipp", to check the version after the installation', ['firmware']);
  if (key !== undefined && !ipp) return problem(context, 'requires "ipp"', ['certificate']);
  const { kind } = rest;
  for (const [index, { protocol }] of rest.applications.entries())
    if (protocol === 'box' && !storesDocuments(kind))
      return problem(context, `a ${kind} has no document boxes`, ['applications', String(index), 'protocol']);
  const snmpHost = snmp && (snmp.host ?? ipp?.host);
  if (snmp && snmpHost === undefined) return problem(context, 'needs "host", or "ipp" beside it', ['snmp']);
  const byIpp = [...BY_IPP, ...(firmware ? (['firmware-install'] as const) : [])];
  const bySnmp = [...BY_SNMP, ...(snmp && snmpWrites(snmp) ? (['settings-set'] as const) : [])];
  const reachable = ipp ? byIpp : snmp ? bySnmp : [];
  const possible = reachable.filter((name) => kindHas(kind, name));
  const rules = ownerRules(maintenance);
  const named = Array.isArray(maintenance)
    ? maintenance.map((name, index) => [name, String(index)] as const)
    : (Object.keys(maintenance ?? {}) as Operation[]).map((name) => [name, name] as const);
  for (const [name, at] of named) {
    if (rules[name].do === 'deny') continue;
    if (!kindHas(kind, name)) return problem(context, `a ${kind} has no ${name}`, ['maintenance', at]);
    if (!possible.includes(name))
      return problem(context, `${name} requires ${missingFor(name, ipp !== undefined)}`, ['maintenance', at]);
  }
  return {
    ...rest,
    applications: rest.applications.map((each) => withWeakTls(each, weakTls)),
    ipp: ipp && { ...ipp, certificate: key, weakTls },
    firmware: firmware?.kind === 'http' ? { ...firmware, certificate: key, weakTls } : firmware,
    snmp: snmp && { ...snmp, host: snmpHost! },
    rules,
    /** Operations that are possible and not denied. */
    operations: possible.filter((name) => rules[name].do !== 'deny'),
  };
});
