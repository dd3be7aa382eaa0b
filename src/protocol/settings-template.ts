import { z } from 'zod';
import { namedSite, pageQuery } from './api';
import { comparedSetting, driftState, settingValues, wantedSettings } from './device-settings';
import { fleetFilter } from './fleet';
import { LIMITS } from './limits';
import { deviceId, instant } from './names';
import { shownLine } from './shown-text';

/** A settings template: values that devices should have, and which devices. Devices that differ from it have drift. */

/** Those that are named, or all that a filter of the device list fits at the moment. */
export const templateDevices = z.union([
  z.strictObject({ deviceIds: z.array(deviceId).min(1).max(LIMITS.JOBS_AT_ONCE) }),
  z.strictObject({ filter: fleetFilter }),
]);
export type TemplateDevices = z.output<typeof templateDevices>;

export const newSettingsTemplate = z.strictObject({
  name: shownLine(100).min(1, 'enter a name'),
  settings: settingValues,
  devices: templateDevices,
});
export type NewSettingsTemplate = z.output<typeof newSettingsTemplate>;
/** `PUT /api/settings-templates/:id`: `version` is the one that was read. */
export const changedSettingsTemplate = newSettingsTemplate.extend({ version: z.int().min(1) });
export type ChangedSettingsTemplate = z.output<typeof changedSettingsTemplate>;

/** Devices are those within reach of the caller. */
export const settingsTemplate = z.object({
  id: z.uuid(),
  name: z.string(),
  settings: wantedSettings,
  devices: z.union([z.object({ deviceIds: z.array(deviceId) }), z.object({ filter: fleetFilter })]),
  /** How many devices these are now. */
  deviceCount: z.int(),
  version: z.int(),
  changedAt: instant,
  changedBy: z.string(),
});
export type SettingsTemplate = z.infer<typeof settingsTemplate>;

/** Numbers of devices. */
export const driftCounts = z.object({
  devices: z.int(),
  differs: z.int(),
  unknown: z.int(),
  unsupported: z.int(),
  same: z.int(),
});
export type DriftCounts = z.infer<typeof driftCounts>;

/** How one device compares with a template. */
export const deviceDrift = z.object({
  deviceId,
  deviceName: z.string(),
  model: z.string(),
  site: namedSite.nullable(),
  /** The first of `differs`, `unknown`, `unsupported` that one of its settings has; otherwise `same`. */
  state: driftState,
  /** When a job last read or set its settings; null: none has. */
  readAt: instant.nullable(),
  /** That job. */
  jobId: z.uuid().nullable(),
  /** Whether its agent reads settings, and whether it sets them. */
  reads: z.boolean(),
  sets: z.boolean(),
  settings: z.array(comparedSetting),
});
export type DeviceDrift = z.infer<typeof deviceDrift>;

/** `GET /api/settings-templates/:id/devices`, by name. */
export const driftQuery = pageQuery.extend({
  state: driftState.optional(),
  /** `next` of the previous page; opaque. */
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,900}$/)
    .optional(),
});
export type DriftQuery = z.output<typeof driftQuery>;
export const driftExportQuery = z.strictObject({ state: driftState.optional() });
export type DriftExportQuery = z.output<typeof driftExportQuery>;

/** `GET /api/devices/:id/drift`: for each template that the device is in, by name. */
export const templateDrift = z.object({ template: z.object({ id: z.uuid(), name: z.string() }), drift: deviceDrift });
export type TemplateDrift = z.infer<typeof templateDrift>;
