import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { COMMON_FIELDS, LOG_FIELDS } from '../src/journal/log-fields';
import { EXIT_CODES } from '../src/terminal/exit-codes';
import { EXCHANGES } from '../src/protocol/control-channel';
import { KEEPER_METHODS, KEEPER_REFUSALS } from '../src/protocol/keeper-rpc';
import { LIMITS } from '../src/protocol/limits';
import { LIVE_CLOSES, liveEvent } from '../src/protocol/live';
import { PROBLEMS } from '../src/protocol/problems';
import { peerMessage, REFUSALS, relayMessage } from '../src/protocol/relay-messages';
import { CONTROL_PLANE_METHODS, RELAY_METHODS } from '../src/protocol/relay-rpc';
import { END_REASONS, ENDINGS } from '../src/protocol/remote-session';
import { WAKE_OUTCOMES } from '../src/protocol/wake-try';
import { keeperMessage, masterMessage } from '../src/relay/master-messages';

const read = (name: string) => readFileSync(join(__dirname, '../docs', name), 'utf8');

/** Of every row of every table: first cell -> what stands beside it (a name may have rows in several tables). */
const rowsOf = (text: string): Map<string, string[]> => {
  const rows = new Map<string, string[]>();
  for (const line of text.split('\n').filter((each) => each.startsWith('|'))) {
    const [, first = '', second = ''] = line.split('|').map((cell) => cell.trim());
    const name = first.replaceAll('`', '');
    rows.set(name, [...(rows.get(name) ?? []), second]);
  }
  return rows;
};

describe('docs/LIMITS.md', () => {
  const rows = rowsOf(read('LIMITS.md'));
  it.each(Object.entries(LIMITS))('says %s', (name, value) => {
    expect(rows.get(name)).toEqual([value.toLocaleString('en')]);
  });
  it('says nothing else', () => {
    const named = [...rows.keys()].filter((name) => /^[A-Z_]+$/.test(name));
    expect(named.filter((name) => !(name in LIMITS))).toEqual([]);
  });
});

describe('docs/PROTOCOL.md', () => {
  const text = read('PROTOCOL.md');
  const rows = rowsOf(text);
  const wrong = <T>(table: Record<string, T>, number: (row: T) => number): string[] =>
    Object.entries(table)
      .filter(([code, row]) => !rows.get(code)?.includes(String(number(row))))
      .map(([code]) => code);
  const typeOf = (option: { shape: { type: { value: string } } }) => option.shape.type.value;
  const types = [...peerMessage.options, ...relayMessage.options].map(typeOf);
  const inTables: [string, string[]][] = [
    ['exchange', Object.values(EXCHANGES).map((exchange) => exchange.name)],
    ['RPC method', [CONTROL_PLANE_METHODS, RELAY_METHODS, KEEPER_METHODS].flatMap((methods) => Object.keys(methods))],
    ['message of keeper and Master', [...keeperMessage.options, ...masterMessage.options].map(typeOf)],
    ['relay message', types],
    ['live event', liveEvent.options.map(typeOf)],
    ['outcome of waking an agent', Object.keys(WAKE_OUTCOMES)],
  ];
  it.each(inTables)('has a row for every %s', (_, names) => {
    expect(names.filter((name) => !rows.has(name))).toEqual([]);
  });
  it('gives every refusal of the keeper its code', () => {
    expect(Object.entries(KEEPER_REFUSALS).filter(([name, code]) => !text.includes(`${code} (\`${name}\`)`))).toEqual(
      [],
    );
  });
  it('gives every refusal its close code', () => {
    expect(wrong(REFUSALS, ({ close }) => close)).toEqual([]);
  });
  it('gives every end of a live connection its close code', () => {
    expect(wrong(LIVE_CLOSES, ({ close }) => close)).toEqual([]);
  });
  it('names each route once', () => {
    const lines = text.split('\n').filter((line) => /^\| `(GET|POST|PUT|PATCH|DELETE) /.test(line));
    const routes = lines.map((line) => line.split('|')[1]!.trim());
    expect(routes.length).toBeGreaterThan(50);
    expect(routes.filter((route, at) => routes.indexOf(route) !== at)).toEqual([]);
  });
  it('gives every problem its status', () => {
    expect(wrong(PROBLEMS, ({ status }) => status)).toEqual([]);
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

describe('docs/LOGS.md', () => {
  const text = read('LOGS.md');
  const sections = text.split('\n## ');
  const fieldsIn = (title: string) => {
    const found = sections.find((each) => each.startsWith(`${title}\n`))!;
    return [...found.matchAll(/^\| `(\w+)` +\| (.*?) +\|$/gm)].map(([, name, meaning]) => [name, meaning]);
  };
  it.each([
    ['Common fields', COMMON_FIELDS],
    ['Further fields', LOG_FIELDS],
  ])('has the table of the logger: %s', (title, fields) => {
    expect(fieldsIn(title)).toEqual(Object.entries(fields));
  });
  it('names events that programs log', () => {
    const events = [...text.matchAll(/^\| (server|relay|agent|all) +\| `([^`]+)` +\|/gm)];
    expect(events.length).toBeGreaterThan(20);
    const missing = events.filter(([, program, msg]) => {
      const code = sourceOf(program === 'all' ? 'journal' : program!);
      return !code.includes(`'${msg}'`) && !code.includes(`\`${msg} $`);
    });
    expect(missing.map(([row]) => row)).toEqual([]);
  });
});

describe('docs/RUNNING.md', () => {
  it('has every exit code of the commands, with its meaning', () => {
    const rows = rowsOf(read('RUNNING.md'));
    const wrong = Object.values(EXIT_CODES).filter(({ code, meaning }) => !rows.get(String(code))?.includes(meaning));
    expect(wrong).toEqual([]);
  });
});

describe('.env.example', () => {
  it('names every variable of the server, and no other', () => {
    const names = (text: string) => [...new Set(text.match(/PLATEN_[A-Z_]+(?=[:=])/g))].sort();
    const config = readFileSync(join(__dirname, '../src/server/config/environment.ts'), 'utf8');
    expect(names(readFileSync(join(__dirname, '../.env.example'), 'utf8'))).toEqual(names(config));
  });
});

describe('what the documents name', () => {
  const root = join(__dirname, '..');
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'docs/ARCHITECTURE.md',
    'docs/PROTOCOL.md',
    'docs/LOGS.md',
    'docs/CAPACITY.md',
  ]
    .concat(readdirSync(join(root, 'docs/decisions')).map((name) => `docs/decisions/${name}`))
    .map((name) => [name, readFileSync(join(root, name), 'utf8')] as const);
  const sources = ['src', 'test', 'tools', 'bench'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
  );
  const quoted = (text: string) => [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!);

  it.each(documents)('%s names files and folders that exist', (_name, text) => {
    const files = quoted(text).filter((each) => /^[\w./-]+\.(ts|tsx|mjs|cjs|json)$/.test(each) && !/[*<]/.test(each));
    const folders = quoted(text).filter((each) => /^(src|test|docs|tools|bench)\/[\w./-]+$/.test(each));
    const exists = (path: string) => existsSync(join(root, path)) || sources.some((each) => each.endsWith(`/${path}`));
    const madeAtRunTime = [
      'wanted.json',
      'secrets.json',
      'agent.json',
      'agent-credentials.json',
      'agent-wake.json',
      'maintenance-jobs.json',
    ];
    expect([...files, ...folders].filter((each) => !exists(each) && !madeAtRunTime.includes(each))).toEqual([]);
  });

  it.each(documents)('%s links to documents that exist', (name, text) => {
    const targets = [...text.matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)].map((match) => match[1]!);
    expect(targets.filter((target) => !existsSync(join(root, dirname(name), target)))).toEqual([]);
  });

  it.each(documents)('%s names symbols that exist', (_name, text) => {
    const code = sources
      .filter((each) => /^src\/.*\.tsx?$/.test(each))
      .map((each) => readFileSync(join(root, each), 'utf8'))
      .join('\n');
    const symbols = quoted(text).filter((each) =>
      /^([A-Z][a-z]+[A-Z]\w+|[a-z]+[A-Z]\w+|[A-Z]+_[A-Z_]+)(\(\))?$/.test(each),
    );
    expect(symbols.filter((each) => !code.includes(each.replace('()', '')))).toEqual([]);
  });
});

/** The source of a program. */
function sourceOf(program: string): string {
  const folder = join(__dirname, '../src', program);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /(?<!spec)\.ts$/.test(file),
  );
  return files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
}

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
