import { useMutation, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import type { DriftState } from '../../protocol/device-settings';
import {
  deviceDrift,
  driftCounts,
  settingsTemplate,
  templateDrift,
  type changedSettingsTemplate,
  type DeviceDrift,
  type newSettingsTemplate,
  type SettingsTemplate,
} from '../../protocol/settings-template';
import { queryOf, usePages } from './pages';
import { useClient } from './query-client';
import { call, nothing } from './request';

export type NewSettingsTemplate = z.input<typeof newSettingsTemplate>;

/** Every job that ends may change what the server answers; it is asked again after this time, not with each event. */
const REREAD_MS = 5_000;
const path = (id: string, more = ''): string => `/settings-templates/${encodeURIComponent(id)}${more}`;

export const useSettingsTemplates = () =>
  useQuery({
    queryKey: ['settings-templates'],
    queryFn: () => call(z.array(settingsTemplate), 'GET', '/settings-templates'),
    staleTime: 0,
  });

export const useSettingsTemplate = (id: string) =>
  useQuery({
    queryKey: ['settings-template', id],
    queryFn: () => call(settingsTemplate, 'GET', path(id)),
    staleTime: 0,
  });

/** Adds a template, or changes the one that was read. */
export function useSaveSettingsTemplate(known: SettingsTemplate | undefined) {
  const client = useClient();
  return useMutation({
    mutationFn: (wanted: NewSettingsTemplate) => {
      if (!known) return call(settingsTemplate, 'POST', '/settings-templates', wanted);
      const changed: z.input<typeof changedSettingsTemplate> = { ...wanted, version: known.version };
      return call(settingsTemplate, 'PUT', path(known.id), changed);
    },
    onSettled: (_saved, error) => {
      for (const each of ['settings-templates', 'drift', 'device-drift'])
        void client.invalidateQueries({ queryKey: [each] });
      if (!error && known) void client.invalidateQueries({ queryKey: ['settings-template', known.id] });
    },
  });
}

export function useRemoveSettingsTemplate() {
  const client = useClient();
  return useMutation({
    mutationFn: (id: string) => call(nothing, 'DELETE', path(id)),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['device-drift'] });
      return client.invalidateQueries({ queryKey: ['settings-templates'] });
    },
  });
}

export const useDriftCounts = (id: string) =>
  useQuery({
    queryKey: ['drift', id, 'counts'],
    queryFn: () => call(driftCounts, 'GET', path(id, '/drift')),
    staleTime: 0,
    refetchInterval: REREAD_MS,
  });

export const useDrift = (id: string, state?: DriftState) =>
  usePages<DeviceDrift>(
    ['drift', id, 'devices', state ?? null],
    deviceDrift,
    path(id, `/devices?${queryOf({ state })}`),
    0,
    REREAD_MS,
  );

/** For each template that a device is in. */
export const useDeviceDrift = (deviceId: string) =>
  useQuery({
    queryKey: ['device-drift', deviceId],
    queryFn: () => call(z.array(templateDrift), 'GET', `/devices/${encodeURIComponent(deviceId)}/drift`),
    staleTime: 0,
  });

export const driftExportPath = (id: string, state?: DriftState): string =>
  `/api${path(id, `/export?${queryOf({ state })}`)}`;
