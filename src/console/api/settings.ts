import { useQuery } from '@tanstack/react-query';
import { deviceSettings } from '../../protocol/device-settings';
import type { Operation } from '../../protocol/maintenance';
import { call } from './request';

/** Operations whose results are settings of the device. */
export const SETTINGS_OPERATIONS: readonly Operation[] = ['settings-read', 'settings-set'];

export const settingsKey = (deviceId: string) => ['device-settings', deviceId];

/** As a job has read or set them last. */
export const useDeviceSettings = (deviceId: string) =>
  useQuery({
    queryKey: settingsKey(deviceId),
    queryFn: () => call(deviceSettings, 'GET', `/devices/${encodeURIComponent(deviceId)}/settings`),
  });
