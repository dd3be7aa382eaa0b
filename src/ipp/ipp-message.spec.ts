import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attributesOf, decodeIpp, encodeIpp, type IppAttribute, type IppMessage } from './ipp-message';

const ATTRIBUTES: IppAttribute[] = [
  ['charset', 'attributes-charset', 'utf-8'],
  ['naturalLanguage', 'attributes-natural-language', 'en'],
  ['text', 'status-message', 'Tonerfüllstand niedrig – トナー'],
  ['enum', 'printer-state', 4],
  ['integer', 'printer-up-time', -3],
  ['boolean', 'printer-is-accepting-jobs', true],
  ['keyword', 'printer-state-reasons', ['media-jam-error', 'toner-low-warning']],
  ['octetString', 'printer-supply', ['index=1;level=60;', '']],
];
const MESSAGE: IppMessage = {
  version: { major: 2, minor: 0 },
  code: 0x0b,
  requestId: 77,
  groups: [
    { group: 'operation', attributes: ATTRIBUTES.slice(0, 3) },
    { group: 'printer', attributes: ATTRIBUTES.slice(3) },
  ],
  data: Buffer.from('%PDF-1.4'),
};
const WHOLE = encodeIpp(MESSAGE);

/** A message of these bytes behind version, code, request ID and the tag of a group. */
const raw = (...bytes: (number | string)[]): Buffer =>
  Buffer.concat([
    Buffer.from([1, 1, 0, 0, 0, 0, 0, 1, 4]),
    ...bytes.map((each) => (typeof each === 'string' ? Buffer.from(each) : Buffer.from([each]))),
  ]);
const valuesOf = (bytes: Buffer) => Object.fromEntries(attributesOf(decodeIpp(bytes), 'printer'));

describe('an IPP message', () => {
  it('comes out of its bytes as it went in', () => {
    const { groups, ...rest } = decodeIpp(WHOLE);
    const { groups: _, ...sent } = MESSAGE;
    expect(rest).toEqual(sent);
    const read = groups.flatMap(({ attributes }) => [...attributes]);
    expect(read).toEqual(ATTRIBUTES.map(([, name, value]) => [name, [value].flat()]));
  });

  it('is what RFC 8010 A.1 prints, byte for byte', () => {
    const bytes = encodeIpp({
      version: { major: 1, minor: 1 },
      code: 2,
      requestId: 1,
      groups: [{ group: 'operation', attributes: [['charset', 'attributes-charset', 'utf-8']] }],
    });
    expect(bytes.toString('latin1')).toBe(
      '\x01\x01\x00\x02\x00\x00\x00\x01\x01\x47\x00\x12attributes-charset\x00\x05utf-8\x03',
    );
  });

  it.each<[string, Buffer, object]>([
    ['no attributes', raw(3), {}],
    ['a text with its language', raw(0x35, 0, 1, 'a', 0, 8, 0, 2, 'en', 0, 2, 'hi', 3), { a: ['hi'] }],
    ['a value that is not known', raw(0x12, 0, 1, 'a', 0, 0, 0x21, 0, 1, 'b', 0, 4, 0, 0, 0, 9, 3), { b: [9] }],
    ['the same attribute twice', raw(0x44, 0, 1, 'a', 0, 1, 'x', 0x44, 0, 1, 'a', 0, 1, 'y', 3), { a: ['x'] }],
    [
      'a collection, which is left out',
      raw(0x34, 0, 1, 'a', 0, 0, 0x4a, 0, 0, 0, 1, 'm', 0x44, 0, 0, 0, 1, 'x', 0x37, 0, 0, 0, 0, 3),
      {},
    ],
    [
      'resolutions, also behind a collection',
      raw(
        ...[0x34, 0, 1, 'm', 0, 0, 0x4a, 0, 0, 0, 1, 'x'],
        ...[0x32, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 9, 3, 0x37, 0, 0, 0, 0],
        ...[0x44, 0, 1, 'k', 0, 1, 'x', 0x44, 0, 0, 0, 1, 'y'],
        ...[0x32, 0, 1, 'r', 0, 9, 0, 0, 1, 0x2c, 0, 0, 2, 0x58, 3, 0x32, 0, 0, 0, 9, 0, 0, 4, 0xb0, 0, 0, 4, 0xb0, 3],
        ...[0x32, 0, 0, 0, 9, 0, 0, 0, 0xec, 0, 0, 0, 0xec, 4, 0x32, 0, 0, 0, 9, 255, 255, 255, 255, 0, 0, 0, 0, 9],
        ...[0x21, 0, 1, 'i', 0, 4, 0, 0, 0, 9, 3],
      ),
      { k: ['x', 'y'], r: ['300x600dpi', '1200dpi', '236dpcm', '-1x0dpi'], i: [9] },
    ],
    [
      'a date',
      raw(0x31, 0, 1, 'a', 0, 11, 7, 234, 11, 28, 14, 56, 7, 0, '+', 0, 0, 3),
      { a: ['2026-11-28T14:56:07.000Z'] },
    ],
  ])('may have %s', (_what, bytes, expected) => {
    expect(valuesOf(bytes)).toEqual(expected);
  });

  it.each<[string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /ends after 0 bytes/],
    ['a web page', Buffer.from('<!DOCTYPE html><html><body>Hello</body></html>'), /outside of a group/],
    ['a missing end', raw(0x44, 0, 1, 'a', 0, 1, 'x'), /ends after/],
    ['an attribute outside of a group', Buffer.from([1, 1, 0, 0, 0, 0, 0, 1, 0x44, 0, 1, 65, 0, 0, 3]), /outside/],
    ['a value of no attribute', raw(0x44, 0, 0, 0, 1, 'x', 3), /belongs to no attribute/],
    // What keeps decoders in a loop: a length that leads backwards.
    ['a name of negative length', raw(0x44, 0x80, 0x16, 'a', 0, 1, 'x', 3), /a length is negative/],
    ['a value of negative length', raw(0x44, 0, 1, 'a', 0xff, 0xf0, 'x', 3), /a length is negative/],
  ])('is refused with %s', (_what, bytes, why) => {
    const refusal = { name: 'IppMalformed', message: expect.stringMatching(why) };
    expect(() => decodeIpp(bytes)).toThrow(expect.objectContaining(refusal));
  });

  const folder = join(__dirname, '../../test/vectors/ipp');
  type Vector = { bytes: string; printer?: object; malformed?: string };
  const vectors: Record<string, Vector> = JSON.parse(readFileSync(join(folder, 'answers.json'), 'utf8'));
  it.each(Object.entries(vectors))('of a printer may have %s, or is refused by name', (_what, vector) => {
    const bytes = Buffer.from(vector.bytes, 'hex');
    if (vector.malformed === undefined) return expect(valuesOf(bytes)).toEqual(vector.printer);
    const refusal = { name: 'IppMalformed', message: expect.stringContaining(vector.malformed) };
    return expect(() => decodeIpp(bytes)).toThrow(expect.objectContaining(refusal));
  });

  /** Answers of a printer in which bytes were changed: other decoders read them for ever. */
  it.each(['mutated-1.bin', 'mutated-2.bin'])('is refused if it is %s', (name) => {
    expect(() => decodeIpp(readFileSync(join(folder, name)))).toThrow(/a length is negative/);
  });

  it('rejects a message that is cut at any position', () => {
    const attributes = WHOLE.length - MESSAGE.data!.length;
    for (let length = 0; length < attributes; length++)
      expect(() => decodeIpp(WHOLE.subarray(0, length))).toThrow(/ends after/);
    expect(decodeIpp(WHOLE.subarray(0, attributes)).data).toHaveLength(0);
  });

  it('is read or refused, and neither loops nor throws anything else, whichever of its bytes are changed', () => {
    let seed = 12_345;
    const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) % below;
    const outcomes = { read: 0, refused: 0 };
    for (let round = 0; round < 5_000; round++) {
      const bytes = Buffer.from(WHOLE);
      for (let change = 0; change < 3; change++) bytes[random(bytes.length)] = random(256);
      try {
        decodeIpp(bytes);
        outcomes.read++;
      } catch (error) {
        expect(error).toMatchObject({ name: 'IppMalformed' });
        outcomes.refused++;
      }
    }
    expect(outcomes.read).toBeGreaterThan(100);
    expect(outcomes.refused).toBeGreaterThan(100);
  });
});
