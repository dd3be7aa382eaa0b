import { BlockList, isIPv4 } from 'node:net';
import { z } from 'zod';
import { LIMITS } from '../../protocol/limits';

const CIDR = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/;

const numberOf = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const addressOf = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');

/** `192.168.1.0/24`: the owner's IPv4 addresses. */
const range = z.string().transform((text, context) => {
  const [, address = '', prefix = ''] = CIDR.exec(text) ?? [];
  const length = Number(prefix);
  const size = 2 ** (32 - length);
  if (!isIPv4(address) || prefix === '' || length > 32 || numberOf(address) % size !== 0) {
    context.addIssue({
      code: 'custom',
      message: 'must be the beginning of an IPv4 network and its length, such as 192.168.1.0/24',
    });
    return z.NEVER;
  }
  return { address, length, size };
});

/** `"ranges"`: which addresses the agent may contact beyond those of `devices`. */
export const rangesField = z
  .array(range)
  .max(LIMITS.DISCOVERY_RANGES)
  .refine((all) => all.reduce((sum, { size }) => sum + size, 0) <= LIMITS.DISCOVERY_ADDRESSES, {
    message: `more than ${LIMITS.DISCOVERY_ADDRESSES} addresses: name smaller networks`,
  })
  .default([])
  .transform((all) => new AddressRanges(all));

export class AddressRanges {
  readonly #blocks = new BlockList();

  constructor(private readonly ranges: readonly { address: string; length: number; size: number }[] = []) {
    for (const { address, length } of ranges) this.#blocks.addSubnet(address, length, 'ipv4');
  }

  get isEmpty(): boolean {
    return this.ranges.length === 0;
  }

  /** false for names and IPv6. */
  includes(address: string): boolean {
    return isIPv4(address) && this.#blocks.check(address, 'ipv4');
  }

  /** Each host once; without the addresses of the network and of broadcasts. */
  get addresses(): string[] {
    const all = this.ranges.flatMap(({ address, size }) => {
      const first = numberOf(address);
      const numbers = Array.from({ length: size }, (_, index) => first + index);
      return size > 2 ? numbers.slice(1, -1) : numbers;
    });
    return [...new Set(all)].map(addressOf);
  }
}
