import { AddressBookFull } from './machine.errors';
import type { Machine } from './machine';
import type { Address, AddressEntry } from './memory';
import { MFP_LIMITS } from '../mfp-limits';

export const findAddress = ({ memory }: Pick<Machine, 'memory'>, id: number): Address | undefined =>
  memory.addresses.find((address) => address.id === id);

/** @throws AddressBookFull */
export function addAddress(machine: Machine, entry: AddressEntry): void {
  const { memory } = machine;
  if (memory.addresses.length >= MFP_LIMITS.ADDRESSES) throw new AddressBookFull();
  memory.addresses.push({ id: memory.nextId++, ...entry });
  machine.changed();
}

export function changeAddress(machine: Machine, address: Address, entry: AddressEntry): void {
  Object.assign(address, entry);
  machine.changed();
}

export function deleteAddress(machine: Machine, address: Address): void {
  machine.memory.addresses = machine.memory.addresses.filter((one) => one !== address);
  machine.changed();
}
