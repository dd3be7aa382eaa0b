import { useMutation, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { customer, site, type Customer } from '../../protocol/api';
import type { RelayPreference } from '../../protocol/relay-choice';
import { useClient } from './query-client';
import { call, nothing } from './request';

/** Customers and sites are few: one answer has them all. */
export const useCustomers = () => useQuery({ queryKey: ['customers'], queryFn: customers });

const customers = (): Promise<Customer[]> => call(z.array(customer), 'GET', '/customers');

/** The ID of a site by the names that a person entered; customer and site are created if they do not exist. */
export async function siteNamed(customerName: string, siteName: string): Promise<string> {
  const known = (await customers()).find(({ name }) => name === customerName.trim());
  const { id, sites } = known ?? (await call(customer, 'POST', '/customers', { name: customerName }));
  const existing = sites.find(({ name }) => name === siteName.trim());
  return (existing ?? (await call(site, 'POST', `/customers/${id}/sites`, { name: siteName }))).id;
}

/** What an administrator changes of customers and sites. */
type Change =
  | { readonly what: 'add' | 'add-site' | 'rename' | 'rename-site'; readonly id: string; readonly name: string }
  | { readonly what: 'remove' | 'remove-site'; readonly id: string }
  | {
      readonly what: 'relays' | 'site-relays';
      readonly id: string;
      readonly preference: RelayPreference | null;
    }
  | { readonly what: 'users'; readonly id: string; readonly userIds: string[] };

export function useChangeCustomers() {
  const client = useClient();
  return useMutation({
    mutationFn: apply,
    onSuccess: () => {
      for (const key of ['customers', 'agents', 'devices', 'fleet', 'device'])
        void client.invalidateQueries({ queryKey: [key] });
    },
  });
}

async function apply(change: Change): Promise<void> {
  switch (change.what) {
    case 'add':
      return void (await call(customer, 'POST', '/customers', { name: change.name }));
    case 'add-site':
      return void (await call(site, 'POST', `/customers/${change.id}/sites`, { name: change.name }));
    case 'rename':
      return call(nothing, 'PATCH', `/customers/${change.id}`, { name: change.name });
    case 'rename-site':
      return call(nothing, 'PATCH', `/sites/${change.id}`, { name: change.name });
    case 'remove':
      return call(nothing, 'DELETE', `/customers/${change.id}`);
    case 'remove-site':
      return call(nothing, 'DELETE', `/sites/${change.id}`);
    case 'relays':
      return call(nothing, 'PUT', `/customers/${change.id}/relay-preference`, { preference: change.preference });
    case 'site-relays':
      return call(nothing, 'PUT', `/sites/${change.id}/relay-preference`, { preference: change.preference });
    case 'users':
      return call(nothing, 'PUT', `/customers/${change.id}/users`, { userIds: change.userIds });
  }
}
