import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXCHANGES } from '../src/protocol/control-channel';
import { LIMITS } from '../src/protocol/limits';
import { PROBLEMS } from '../src/protocol/problems';
import { peerMessage, REFUSALS, relayMessage } from '../src/protocol/relay-messages';
import { CONTROL_PLANE_METHODS, RELAY_METHODS } from '../src/protocol/relay-rpc';
import { END_REASONS, ENDINGS } from '../src/protocol/remote-session';

const read = (name: string) => readFileSync(join(__dirname, '../docs', name), 'utf8');

/** First cells of the rows of all tables, and what stands beside them. */
const rowsOf = (text: string): Map<string, string> => {
  const rows = text.split('\n').filter((line) => line.startsWith('|'));
  return new Map(
    rows.map((row) => {
      const [, name = '', value = ''] = row.split('|').map((cell) => cell.trim());
      return [name.replaceAll('`', ''), value];
    }),
  );
};

describe('docs/LIMITS.md', () => {
  const rows = rowsOf(read('LIMITS.md'));
  it.each(Object.entries(LIMITS))('says %s', (name, value) => {
    expect(rows.get(name)).toBe(value.toLocaleString('en'));
  });
  it('says nothing else', () => {
    const named = [...rows.keys()].filter((name) => /^[A-Z_]+$/.test(name));
    expect(named.filter((name) => !(name in LIMITS))).toEqual([]);
  });
});

describe('docs/PROTOCOL.md', () => {
  const text = read('PROTOCOL.md');
  const rows = rowsOf(text);
  const types = [...peerMessage.options, ...relayMessage.options].map((option) => option.shape.type.value);
  const inTables: [string, string[]][] = [
    ['exchange', Object.values(EXCHANGES).map((exchange) => exchange.name)],
    ['RPC method', [...Object.keys(CONTROL_PLANE_METHODS), ...Object.keys(RELAY_METHODS)]],
    ['relay message', types],
  ];
  it.each(inTables)('has a row for every %s', (_, names) => {
    expect(names.filter((name) => !rows.has(name))).toEqual([]);
  });
  it('gives every refusal its close code', () => {
    for (const [code, { close }] of Object.entries(REFUSALS))
      expect([code, rows.get(code)]).toEqual([code, String(close)]);
  });
  it('gives every problem its status', () => {
    for (const [code, { status }] of Object.entries(PROBLEMS))
      expect([code, rows.get(code)]).toEqual([code, String(status)]);
  });
  it('names every ending and every reason of an end', () => {
    const names = [...Object.keys(ENDINGS), ...Object.keys(END_REASONS)];
    expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });
  it('has a row for every route', () => {
    const missing = routes().filter((route) => !text.includes(route));
    expect(missing).toEqual([]);
  });
});

/** Every route of every controller, as `/api/devices/:id`. */
function routes(): string[] {
  const folder = join(__dirname, '../src/server');
  const controllers = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.controller.ts'),
  );
  return controllers.flatMap((file) => {
    const source = readFileSync(join(folder, file), 'utf8');
    const base = /@Controller\('?([^')]*)'?\)/.exec(source)?.[1] ?? '';
    const paths = [...source.matchAll(/@(?:Get|Post|Patch|Delete|Put)\('?([^')]*)'?\)/g)].map((match) => match[1]!);
    return paths.map((path) => `/${[base, path].filter(Boolean).join('/')}`);
  });
}
