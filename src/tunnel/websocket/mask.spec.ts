import { randomBytes } from 'node:crypto';
import { maskTo, rotated, unmask } from './mask';

/** RFC 6455 5.3. */
const reference = (bytes: Buffer, key: Buffer) => bytes.map((byte, index) => byte ^ key[index % 4]!);

describe('unmask', () => {
  const key = Buffer.from([0x37, 0xfa, 0x21, 0x80]);
  const word = key.readInt32LE();

  it('unmasks each length at each place in the memory, and nothing beside it', () => {
    const memory = randomBytes(5_000).buffer;
    const lengths = [...Array.from({ length: 40 }, (_, length) => length), 1_023, 1_024, 2_047, 2_048, 2_049];
    for (let offset = 0; offset < 4; offset++)
      for (let from = 0; from < 8; from++)
        for (const length of lengths) {
          const buffer = Buffer.from(memory, offset, 2_100);
          const [before, to] = [Buffer.from(buffer), from + length];
          unmask(buffer, from, to, word);
          const expected = [before.subarray(0, from), reference(before.subarray(from, to), key), before.subarray(to)];
          expect([offset, from, length, buffer.equals(Buffer.concat(expected))]).toEqual([offset, from, length, true]);
        }
  });

  it('masks each length into other memory, at each place', () => {
    const target = Buffer.alloc(2_100);
    for (const length of [0, 1, 3, 4, 7, 100, 2_047, 2_048, 2_051])
      for (let offset = 0; offset < 4; offset++)
        for (let at = 0; at < 9; at++) {
          const source = Buffer.from(randomBytes(2_100).buffer, offset, length);
          const before = Buffer.from(source);
          target.fill(0xee);
          maskTo(source, target, at, word);
          const expected = [Buffer.alloc(at, 0xee), reference(before, key), Buffer.alloc(2_100 - at - length, 0xee)];
          expect([length, offset, at, target.equals(Buffer.concat(expected))]).toEqual([length, offset, at, true]);
          expect(source).toEqual(before);
        }
  });

  it.each([1, 2, 3, 4, 5, 1_000_001])('continues after %i bytes', (count) => {
    const rest = Buffer.from('the bytes that follow');
    const expected = reference(rest, Buffer.from([0, 1, 2, 3].map((index) => key[(index + count) % 4]!)));
    unmask(rest, 0, rest.length, rotated(word, count));
    expect(rest).toEqual(expected);
  });

  it('leaves bytes with a key of zeros', () => {
    const bytes = Buffer.from('plain');
    unmask(bytes, 0, bytes.length, 0);
    expect(bytes.toString()).toBe('plain');
  });
});
