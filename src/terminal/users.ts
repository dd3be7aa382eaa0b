import type { Customer, User } from '../protocol/api';
import { storedLogin } from './credentials';
import type { Column } from './table';
import { Unknown } from './terminal.errors';
import type { TerminalIo } from './terminal-io';

type UserInView = User & { readonly customers: readonly string[] };

const COLUMNS: Column<UserInView>[] = [
  { title: 'USER', value: ({ username }) => username, width: 12 },
  { title: 'NAME', value: ({ displayName }) => displayName, width: 16 },
  { title: 'ROLE', value: ({ role }) => role, width: 10 },
  { title: 'STATE', value: ({ active }) => (active ? 'active' : 'deactivated'), width: 11 },
  { title: 'CUSTOMERS', value: ({ role, customers }) => (role === 'admin' ? 'all' : customers.join(', ')), width: 20 },
];

const customersOf = (userId: string, customers: readonly Customer[]): Customer[] =>
  customers.filter(({ userIds }) => userIds?.includes(userId));

/** `platen users` */
export async function users(io: TerminalIo, options: { json?: boolean }): Promise<void> {
  const client = await storedLogin(io);
  const [found, customers] = [await client.users(), await client.customers()];
  if (options.json) return io.printJson(found);
  const inView = (user: User) => ({ ...user, customers: customersOf(user.id, customers).map(({ name }) => name) });
  io.printTable(COLUMNS, found.map(inView));
}

/**
 * `platen users assign`, `platen users unassign`: adds customers to those of a user, or takes them away. All names are
 * checked first.
 * @throws Unknown
 */
export async function assign(
  io: TerminalIo,
  username: string,
  names: readonly string[],
  kind: 'assign' | 'unassign',
): Promise<void> {
  const client = await storedLogin(io);
  const user = (await client.users()).find((each) => each.username === username);
  if (!user) throw new Unknown('user', username);
  const customers = await client.customers();
  const named = names.map((name) => {
    const customer = customers.find((each) => each.name === name.trim());
    if (!customer) throw new Unknown('customer', name);
    return customer;
  });
  const others = customersOf(user.id, customers).filter((each) => !named.includes(each));
  const assigned = kind === 'assign' ? [...others, ...named] : others;
  await client.assignCustomers(user.id, [...new Set(assigned.map(({ id }) => id))]);
  const now = customers.flatMap((each) => (assigned.includes(each) ? [each.name] : []));
  io.print(
    now.length > 0 ? `${username} is assigned to ${now.join(', ')}.` : `${username} is assigned to no customer.`,
  );
  if (user.role === 'admin') io.report('An administrator sees all customers in any case.');
}
