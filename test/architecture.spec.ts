import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/**
 * The import rules of docs/ARCHITECTURE.md. Every file belongs to a place; a place may import only what stands here.
 */
const SRC = join(__dirname, '../src');
const GROUND = ['protocol', 'journal', 'tunnel', 'ipp'];

/** Ground floor, lowest first: each may import those before it. */
const groundRule = (place: string) => GROUND.slice(0, GROUND.indexOf(place));
/** The wings share only the ground floor: what they say to each other goes over a documented wire. */
const WINGS = ['server', 'relay', 'agent', 'mfp', 'terminal', 'console', 'demo'];
/** The server's modules, each importing only from its left, so that a request flows one way. */
const MODULES = [
  'config',
  'database',
  'http',
  'auth',
  'notices',
  'xmpp',
  'devices',
  'sessions',
  'relays',
  'maintenance',
  'deployment',
  'browser-sessions',
  'live',
];

/** Folders of the server's composition root: nothing imports them but the root itself. */
const COMPOSITION = ['commands', 'status'];

/** The processes of a relay: they share only the files beside these folders, among them the wires between them. */
const RELAY_PROCESSES = ['keeper', 'master', 'pair'];

/** Libraries that may be used in few places only. */
const LIBRARIES: [library: RegExp, places: string[], reason: string][] = [
  [/^(node-xmpp-server|saxes)$/, ['server/xmpp'], 'features speak to DeviceTransport, never to an XMPP library'],
  [/^ipp-encoder$/, ['ipp'], 'its decoder trusts every length; decodeIpp looks at them first'],
  [/^@xmpp\//, ['agent'], 'the agent is the only XMPP client'],
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
  const [wing = '', module = ''] = placeOf(file);
  const [otherWing = '', otherModule = ''] = placeOf(resolve(dirname(file), target));
  if (wing === 'relay' && otherWing === 'relay' && module !== otherModule)
    return [module, otherModule].every((each) => RELAY_PROCESSES.includes(each))
      ? `${module} and ${otherModule} are different processes`
      : undefined;
  if (wing === otherWing && wing !== 'server') return undefined;
  if (wing === 'cli.ts') return otherModule.startsWith('commands') ? undefined : 'cli.ts only registers commands';
  if (GROUND.includes(wing))
    return groundRule(wing).includes(otherWing) ? undefined : `${wing} may not know ${otherWing}`;
  if (wing === 'console')
    return otherWing === 'protocol' ? undefined : 'the console shares only protocol with the others';
  if (GROUND.includes(otherWing)) return undefined;
  if (wing !== otherWing) return `${wing} and ${otherWing} may only speak over a wire`;
  const from = MODULES.indexOf(module);
  const to = MODULES.indexOf(otherModule);
  if (from === -1) return undefined; // the composition root: main, app.module, commands, status
  if (to === -1) return `${module} may not import the composition root`;
  return to <= from ? undefined : `${module} stands left of ${otherModule}`;
}

describe('architecture', () => {
  it('finds the sources', () => expect(files.length).toBeGreaterThan(20));

  it('keeps every import within its order', () => {
    const refused = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith('.'))
        .filter((target) => !/ormconfig$/.test(target))
        .map((target) => [target, refusalOf(file, target)] as const)
        .filter(([, why]) => why)
        .map(([target, why]) => `${relative(SRC, file)} imports ${target}: ${why}`),
    );
    expect(refused).toEqual([]);
  });

  it.each(LIBRARIES)('keeps %s where it belongs', (library, places, reason) => {
    const strangers = files
      .filter((file) => !places.some((place) => relative(SRC, file).startsWith(place)))
      .filter((file) => importsOf(file).some((target) => library.test(target)))
      .map((file) => `${relative(SRC, file)}: ${reason}`);
    expect(strangers).toEqual([]);
  });

  it('knows every wing and module by name', () => {
    const known = new Set([...GROUND, ...WINGS]);
    const unknown = files.map((file) => placeOf(file)).filter((place) => place.length > 1 && !known.has(place[0]!));
    const modules = files.map((file) => placeOf(file)).filter((place) => place[0] === 'server' && place.length > 2);
    expect(unknown).toEqual([]);
    expect(modules.filter((place) => ![...MODULES, ...COMPOSITION].includes(place[1]!))).toEqual([]);
  });

  it('has no barrel files and no folder for leftovers', () => {
    const leftovers = files.filter((file) =>
      /(^|[\\/])(index\.tsx?|common|utils?|lib|helpers)([\\/]|$)/.test(relative(SRC, file)),
    );
    expect(leftovers).toEqual([]);
  });
});
