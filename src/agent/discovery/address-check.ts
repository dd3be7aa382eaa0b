import { networkInterfaces } from 'node:os';
import { isLoopback } from '../../protocol/loopback';
import type { AddressRanges } from '../configuration/address-ranges';

/** Addresses of this computer. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address));
}

/** Whether a device may be looked for at an address: in the ranges of the owner, and not this computer. */
export const mayBeDiscovered = (ranges: AddressRanges, address: string, own = ownAddresses()): boolean =>
  ranges.includes(address) && !isLoopback(address) && !own.includes(address);
