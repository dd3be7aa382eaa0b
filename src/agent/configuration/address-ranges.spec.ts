import { rangesField } from './address-ranges';

const read = (...ranges: string[]) => rangesField.parse(ranges);

describe('the ranges of an agent', () => {
  it('have the hosts of each network once, without its own address and that of broadcasts', () => {
    expect(read('192.168.1.0/29', '192.168.1.0/30').addresses).toEqual([
      ...['192.168.1.1', '192.168.1.2', '192.168.1.3', '192.168.1.4', '192.168.1.5', '192.168.1.6'],
    ]);
    expect(read('10.0.0.7/32').addresses).toEqual(['10.0.0.7']);
    expect(read('255.255.255.252/30').addresses).toEqual(['255.255.255.253', '255.255.255.254']);
    expect(read()).toMatchObject({ isEmpty: true, addresses: [] });
  });

  it.each([
    ['192.168.1.20', true],
    ['192.168.2.20', false],
    ['printer.local', false],
    ['::1', false],
    ['192.168.1.20.evil', false],
    ['::ffff:192.168.1.20', false],
  ])('include %s: %s', (address, isIncluded) => {
    expect(read('192.168.1.0/24').includes(address)).toBe(isIncluded);
    expect(read().includes(address)).toBe(false);
  });

  it.each([
    ['a part of a network', ['192.168.1.1/24']],
    ['no length', ['192.168.1.0']],
    ['another length', ['192.168.1.0/33']],
    ['no address', ['192.168.300.0/24']],
    ['IPv6', ['fe80::/64']],
    ['everything', ['0.0.0.0/0']],
    ['too many addresses', ['10.0.0.0/20', '10.1.0.0/32']],
    ['too many networks', Array.from({ length: 17 }, (_, index) => `10.0.0.${index}/32`)],
  ])('are refused with %s', (_what, ranges) => {
    expect(rangesField.safeParse(ranges).success).toBe(false);
  });
});
