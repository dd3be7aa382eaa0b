import { mapFor, meterMap, type MeterMap } from './meter-map';
import { SHIPPED_METERS } from './shipped-meters';

const of = (change: object = {}): MeterMap =>
  meterMap.parse({
    vendor: 'Acme',
    sources: ['the manual'],
    objectIds: ['1.3.6.1.4.1.9'],
    meters: [{ counter: 'copies', objects: ['1.3.6.1.4.1.9.1.0'] }],
    ...change,
  });

describe('meters of vendors', () => {
  it('are shipped with their sources, for objects of the vendor only', () => {
    expect(SHIPPED_METERS.map(({ vendor }) => vendor)).toEqual([
      'Canon',
      'Epson',
      'HP',
      'Konica Minolta',
      'Kyocera',
      'Ricoh',
      'Xerox',
    ]);
    for (const { objectIds, table, meters } of SHIPPED_METERS) {
      const enterprise = /^1\.3\.6\.1\.4\.1\.\d+\./.exec(`${objectIds[0]}.`)![0];
      const objects = [...meters.flatMap((each) => each.objects ?? []), ...(table ? [table.keys, table.values] : [])];
      expect(objects.filter((oid) => !oid.startsWith(enterprise))).toEqual([]);
    }
  });

  it.each<[string, string, string[], boolean]>([
    ['another vendor', '1.3.6.1.4.1.99.1', ['LaserMax 9000'], false],
    ['another model', '1.3.6.1.4.1.9.1', ['InkMax 9000'], false],
    ['a model by its name', '1.3.6.1.4.1.9.1', ['', 'Acme lasermax 9000'], true],
    ['a model whose name repeats a part', '1.3.6.1.4.1.9', ['Acme LaserMax LaserMax'], true],
  ])('are for models: %s', (_what, objectId, names, isFor) => {
    expect(mapFor([of({ models: ['acme lasermax*'] })], objectId, names) !== undefined).toBe(isFor);
  });

  it.each([
    ['a*c', 'abbc', true],
    ['a*b*c', 'axc', false],
    ['*b', 'ab', true],
    ['ab*b', 'ab', false],
    ['ab', 'abc', false],
  ])('have %j for %j: %s', (pattern, name, isFor) => {
    expect(mapFor([of({ models: [pattern] })], '1.3.6.1.4.1.9', [name]) !== undefined).toBe(isFor);
  });

  it('of the first file count', () => {
    const [first, second] = [of({ vendor: 'first' }), of({ vendor: 'second' })];
    expect(mapFor([first, second], '1.3.6.1.4.1.9', [])).toBe(first);
  });

  it.each<[string, object]>([
    ['neither objects nor rows', { meters: [{ counter: 'copies' }] }],
    ['rows without a table', { meters: [{ counter: 'copies', rows: [1] }] }],
    ['a counter twice', { meters: [of().meters[0], of().meters[0]] }],
    ['an identifier with a dot in front', { objectIds: ['.1.3.6'] }],
    ['no source', { sources: [] }],
    ['an unknown field', { colour: true }],
  ])('are refused with %s', (_what, change) => {
    expect(() => of(change)).toThrow();
  });
});
