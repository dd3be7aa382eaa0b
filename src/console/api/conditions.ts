import { useQuery } from '@tanstack/react-query';
import { deniedAccess, reportedConditions } from '../../protocol/api';
import { usePages } from './pages';
import { call } from './request';

const pathOf = (deviceId: string): string => `/devices/${encodeURIComponent(deviceId)}`;

/** The access conditions of a device as its agent reported them. */
export const useConditions = (deviceId: string) =>
  useQuery({
    queryKey: ['conditions', deviceId],
    queryFn: () => call(reportedConditions, 'GET', `${pathOf(deviceId)}/conditions`),
  });

/** Newest first. */
export const useDenials = (deviceId: string) =>
  usePages(['denials', deviceId], deniedAccess, `${pathOf(deviceId)}/denials`);
