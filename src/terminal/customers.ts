import type { Customer } from '../protocol/api';
import { storedLogin } from './credentials';
import type { Column } from './table';
import type { TerminalIo } from './terminal-io';

const COLUMNS: Column<Customer>[] = [
  { title: 'CUSTOMER', value: ({ name }) => name, width: 24 },
  { title: 'SITES', value: ({ sites }) => sites.map(({ name }) => name).join(', '), width: 24 },
];

/** `platen customers` */
export async function customers(io: TerminalIo, options: { json?: boolean }): Promise<void> {
  const found = await (await storedLogin(io)).customers();
  if (options.json) return io.printJson(found);
  if (found.length > 0) return io.printTable(COLUMNS, found);
  io.print('No customers yet. Ask your administrator to assign you to a customer.');
}
