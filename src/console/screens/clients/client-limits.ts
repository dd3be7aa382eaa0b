import type { ClientLimits, ExternalClient } from '../../../protocol/external-clients';
import { operation } from '../../../protocol/maintenance';
import { useCustomers } from '../../api/customers';
import { useDevices } from '../../api/devices';
import type { Messages } from '../../messages/en';
import { useText } from '../../messages/language';

export type Limit = keyof ClientLimits;
export const LIMIT_KINDS: readonly Limit[] = ['sites', 'devices', 'applications', 'operations'];

export interface Choice {
  readonly value: string;
  readonly label: string;
}
export type Choices = Readonly<Record<Limit, readonly Choice[]>>;

/** What a limit may list, by the names that people know. */
export function useChoices(): Choices {
  const t = useText();
  const customers = useCustomers().data ?? [];
  const devices = useDevices().data ?? [];
  const applications = new Set(devices.flatMap((device) => device.applications.map(({ id }) => id)));
  return {
    sites: customers.flatMap(({ name, sites }) =>
      sites.map((site) => ({ value: site.id, label: `${name} – ${site.name}` })),
    ),
    devices: devices.map(({ id, name }) => ({ value: id, label: name === id ? id : `${name} (${id})` })),
    applications: [...applications].sort().map((id) => ({ value: id, label: id })),
    operations: operation.options.map((id) => ({ value: id, label: t.maintenance.operations[id].name })),
  };
}

/** One line for each limit, `Sites: Acme – Head office`; none: there are no limits. */
export const limitLines = ({ limits }: ExternalClient, choices: Choices, t: Messages): string[] =>
  LIMIT_KINDS.flatMap((kind) => {
    const listed = limits[kind];
    if (listed === null) return [];
    const names = listed.map((id) => choices[kind].find(({ value }) => value === id)?.label ?? id);
    return [`${t.clients.limit[kind]}: ${names.join(', ') || t.clients.nothing}`];
  });
