import { useMutation, useQuery } from '@tanstack/react-query';
import {
  alertSettings,
  customerAlertSettings,
  type AlertSettings,
  type CustomerAlertSettings,
} from '../../protocol/alert';
import { useClient } from './query-client';
import { call } from './request';

const KEY = ['alert-settings'];
const pathOf = (customerId: string | null): string =>
  customerId === null ? '/alert-settings' : `/customers/${customerId}/alert-settings`;

/** For all customers. Always read again, so that a change is based on the current version. */
export const useAlertSettings = () =>
  useQuery({ queryKey: [...KEY, null], queryFn: () => call(alertSettings, 'GET', pathOf(null)), staleTime: 0 });

export const useCustomerAlertSettings = (customerId: string) =>
  useQuery({
    queryKey: [...KEY, customerId],
    queryFn: () => call(customerAlertSettings, 'GET', pathOf(customerId)),
    staleTime: 0,
  });

function useChange<Settings>(change: (settings: Settings) => Promise<Settings>) {
  const client = useClient();
  return useMutation({
    mutationFn: change,
    // also after a refusal, because another user may have changed them
    onSettled: () => void client.invalidateQueries({ queryKey: KEY }),
  });
}
export const useChangeAlertSettings = () =>
  useChange((settings: AlertSettings) => call(alertSettings, 'PUT', pathOf(null), settings));
export const useChangeCustomerAlertSettings = (customerId: string) =>
  useChange((settings: CustomerAlertSettings) => call(customerAlertSettings, 'PUT', pathOf(customerId), settings));
