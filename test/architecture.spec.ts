import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { preProcessFile } from 'typescript';
import { dependencies, devDependencies } from '../package.json';

/**
 * The import rules of docs/ARCHITECTURE.md. Every file belongs to a place; a place may import only what stands here.
 */
const SRC = join(__dirname, '../src');
const SHARED = ['protocol', 'journal', 'tunnel', 'ipp', 'static'];

/** Shared modules, lowest first: each may import those before it. */
const sharedRule = (place: string) => SHARED.slice(0, SHARED.indexOf(place));
/** Programs share these modules only: what they send each other goes over a documented wire. */
const PROGRAMS = ['server', 'relay', 'agent', 'mfp', 'terminal', 'client', 'console', 'pages', 'demo'];
/** What runs in browsers: of the shared modules it knows the wires only, and nothing of Node. */
const IN_BROWSERS = ['console', 'pages'];
/** The server's modules, each importing only from its left, so that a request flows one way. */
const MODULES = [
  'config',
  'events',
  'database',
  'state-machine',
  'outbox',
  'http',
  'auth',
  'customers',
  'notices',
  'xmpp',
  'devices',
  'sessions',
  'relays',
  'maintenance',
  'readings',
  'alerts',
  'settings-templates',
  'campaigns',
  'deployment',
  'agent-updates',
  'overview',
  'retention',
  'backup',
  'doctor',
  'browser-sessions',
  'live',
];

/** Folders of the server's composition root: nothing imports them but the root itself. */
const COMPOSITION = ['commands', 'status', 'traces'];

/** The processes of a relay: they share only the files beside these folders, among them the wires between them. */
const RELAY_PROCESSES = ['keeper', 'master', 'pair'];

/** Libraries that may be used in few places only. */
const LIBRARIES: [library: RegExp, places: string[], reason: string][] = [
  [/^(node-xmpp-server|saxes)$/, ['server/xmpp'], 'features speak to DeviceTransport, never to an XMPP library'],
  [/^ipp-encoder$/, ['ipp'], 'its decoder trusts every length; decodeIpp looks at them first'],
  [/^@xmpp\//, ['agent'], 'the agent is the only XMPP client'],
  [/^net-snmp$/, ['agent/snmp'], 'it trusts what answers; GuardedSession and SnmpClient check it'],
  [/^@novnc\//, ['pages/vnc'], 'noVNC runs in the browser only'],
  [/^@nestjs\//, ['server'], 'only the server is a Nest application'],
  [/^(typeorm|pg)$/, ['server', 'ormconfig'], 'only the server keeps a TypeORM database'],
  [
    /^(react|react-dom|react-router|@mantine\/.*|@tanstack\/.*)(\/.*)?$/,
    ['console'],
    'only the console is a React application',
  ],
  [
    /^sqlite3$/,
    ['relay', 'server/config/data-folder-lock'],
    "the relay's session database is its own; the server's is opened by TypeORM",
  ],
];

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.spec.ts') && !file.endsWith('.d.ts'))
  .map((file) => join(SRC, file));

const importsOf = (file: string): string[] => {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*['"]([^'"]+)['"]/g)].map((match) => match[1]!);
};
const placeOf = (path: string): string[] => relative(SRC, path).split(/[\\/]/);

function refusalOf(file: string, target: string): string | undefined {
  const [program = '', module = ''] = placeOf(file);
  const [otherProgram = '', otherModule = ''] = placeOf(resolve(dirname(file), target));
  if (relative(SRC, resolve(dirname(file), target)) === join('..', 'ormconfig'))
    return program === 'server' && !MODULES.includes(module)
      ? undefined
      : 'only the composition root imports ormconfig';
  if (program === 'relay' && otherProgram === 'relay' && module !== otherModule)
    return [module, otherModule].every((each) => RELAY_PROCESSES.includes(each))
      ? `${module} and ${otherModule} are different processes`
      : undefined;
  if (program === otherProgram && program !== 'server') return undefined;
  if (program === 'cli.ts') return otherModule.startsWith('commands') ? undefined : 'cli.ts only registers commands';
  if (SHARED.includes(program))
    return sharedRule(program).includes(otherProgram) ? undefined : `${program} may not know ${otherProgram}`;
  if (IN_BROWSERS.includes(program))
    return otherProgram === 'protocol' ? undefined : 'browser code shares only protocol with the others';
  if (SHARED.includes(otherProgram)) return undefined;
  if (program !== otherProgram) return `${program} and ${otherProgram} may only speak over a wire`;
  const from = MODULES.indexOf(module);
  const to = MODULES.indexOf(otherModule);
  if (from === -1) return undefined; // the composition root: main, app.module, commands, status
  if (to === -1) return `${module} may not import the composition root`;
  return to <= from ? undefined : `${module} stands left of ${otherModule}`;
}

/** Whether a file runs from an installation without the development packages. */
const isInstalled = (file: string): boolean =>
  file.startsWith('src/') &&
  !/\.spec\.ts$/.test(file) &&
  !IN_BROWSERS.some((program) => file.startsWith(`src/${program}/`));

describe('architecture', () => {
  it('finds the sources', () => expect(files.length).toBeGreaterThan(20));

  it('keeps every import within its order', () => {
    const refused = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith('.'))
        .map((target) => [target, refusalOf(file, target)] as const)
        .filter(([, why]) => why)
        .map(([target, why]) => `${relative(SRC, file)} imports ${target}: ${why}`),
    );
    expect(refused).toEqual([]);
  });

  it.each(LIBRARIES)('keeps %s where it belongs', (library, places, reason) => {
    const found = files
      .filter((file) => !places.some((place) => relative(SRC, file).startsWith(place)))
      .filter((file) => importsOf(file).some((target) => library.test(target)))
      .map((file) => `${relative(SRC, file)}: ${reason}`);
    expect(found).toEqual([]);
  });

  it('keeps Node out of what runs in browsers', () => {
    const found = files
      .filter((file) => IN_BROWSERS.includes(placeOf(file)[0]!))
      .filter((file) => importsOf(file).some((target) => builtinModules.includes(target.replace(/^node:/, ''))))
      .map((file) => relative(SRC, file));
    expect(found).toEqual([]);
  });

  it('imports only packages that package.json declares', () => {
    const root = join(SRC, '..');
    const sources = ['src', 'test', 'tools', 'bench']
      .flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
      )
      .concat(readdirSync(root))
      .filter((file) => /(?<!\.d)\.[cm]?[jt]sx?$/.test(file));
    const undeclared = sources.flatMap((file) => {
      const declared: Record<string, string> = isInstalled(file)
        ? dependencies
        : { ...dependencies, ...devDependencies };
      return preProcessFile(readFileSync(join(root, file), 'utf8'), true, true)
        .importedFiles.map(({ fileName }) => /^(?!\.|node:)(@[^/]+\/)?[^/]+/.exec(fileName)?.[0])
        .filter((name) => name !== undefined && !builtinModules.includes(name) && !(name in declared))
        .map((name) => `${file} imports ${name}`);
    });
    expect(undeclared).toEqual([]);
  });

  it('knows every program and module by name', () => {
    const known = new Set([...SHARED, ...PROGRAMS]);
    const unknown = files.map((file) => placeOf(file)).filter((place) => place.length > 1 && !known.has(place[0]!));
    const modules = files.map((file) => placeOf(file)).filter((place) => place[0] === 'server' && place.length > 2);
    expect(unknown).toEqual([]);
    expect(modules.filter((place) => ![...MODULES, ...COMPOSITION].includes(place[1]!))).toEqual([]);
  });

  it('has no circle of imports between files, types included', () => expect(circles()).toEqual([]));

  it('has no barrel files and no folder for leftovers', () => {
    const leftovers = files.filter((file) =>
      /(^|[\\/])(index\.tsx?|common|utils?|lib|helpers)([\\/]|$)/.test(relative(SRC, file)),
    );
    expect(leftovers).toEqual([]);
  });
});

/** Every strongly connected group of files (Tarjan), each as its files in order. */
function circles(): string[][] {
  const roots = [...files, join(SRC, '../ormconfig.ts')];
  const known = new Set(roots);
  const resolved = (file: string, target: string) =>
    ['.ts', '.tsx', '']
      .map((ending) => resolve(dirname(file), target.replace(/\.js$/, '')) + ending)
      .find((path) => known.has(path));
  const imports = new Map(
    roots.map((file) => [
      file,
      importsOf(file).flatMap((target) => (target.startsWith('.') ? (resolved(file, target) ?? []) : [])),
    ]),
  );
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const path: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    path.push(file);
    for (const next of imports.get(file)!) {
      if (!order.has(next)) visit(next);
      if (path.includes(next)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(next)!));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const group = path.splice(path.indexOf(file));
    if (group.length > 1 || imports.get(file)!.includes(file))
      found.push(group.map((each) => relative(SRC, each)).sort());
  };
  for (const file of roots) if (!order.has(file)) visit(file);
  return found;
}
