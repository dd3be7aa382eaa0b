import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { EXCHANGES } from '../src/protocol/control-channel';
import { displayInputs, displayState } from '../src/protocol/device-display';
import { relayMessage } from '../src/protocol/relay-messages';
import { CONTROL_PLANE_METHODS, RELAY_METHODS } from '../src/protocol/relay-rpc';
import { shownLine } from '../src/protocol/shown-text';
import { AGENT_METHODS, SERVER_METHODS } from '../src/protocol/wake';

/**
 * Every string that one program takes from another either has a form of its own (an ID, a pin, an instant) or obeys the rule
 * for texts that people read (src/protocol/shown-text.ts).
 */

/** Strings that are never shown as they arrive, by the end of their path. */
const NOT_SHOWN = [
  // compared only
  'username',
  'password',
  'passwordChange.current',
  'passwordChange.next',
  'pairBody.code',
  'loginBody.pin',
  'changePinBody.pin',
  'response.id',
  'newDeployment.relayId',
  // signed as they are; what is shown is parsed from them
  'record.text',
  'anifest.notes',
];

interface Definition {
  readonly type: string;
  readonly format?: string;
  readonly checks?: readonly { readonly _zod: { readonly def: { readonly check: string } } }[];
  readonly shape?: Record<string, z.ZodType>;
  readonly options?: readonly z.ZodType[];
  readonly items?: readonly z.ZodType[];
  readonly element?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly left?: z.ZodType;
  readonly right?: z.ZodType;
  readonly getter?: () => z.ZodType;
}
const definitionOf = (schema: z.ZodType): Definition => (schema as unknown as { _zod: { def: Definition } })._zod.def;

/** The paths of strings in a schema that have neither a form nor the rule. */
function freeTexts(schema: z.ZodType, path: string, seen = new Set<z.ZodType>()): string[] {
  if (seen.has(schema)) return [];
  seen.add(schema);
  const of = definitionOf(schema);
  if (of.type === 'string') {
    const checks = (of.checks ?? []).map(({ _zod }) => _zod.def.check);
    const isBound = of.format !== undefined || checks.includes('string_format') || checks.includes('overwrite');
    return isBound ? [] : [path];
  }
  const inner: [string, z.ZodType | undefined][] = [
    ...Object.entries(of.shape ?? {}),
    ...[...(of.options ?? []), ...(of.items ?? [])].map((each): [string, z.ZodType] => ['', each]),
    ['', of.element],
    ['', of.innerType],
    ['', of.valueType],
    ['', of.in],
    ['', of.left],
    ['', of.right],
    ['', of.getter?.()],
  ];
  return inner.flatMap(([name, each]) =>
    each === undefined ? [] : freeTexts(each, name === '' ? path : `${path}.${name}`, seen),
  );
}

const FOLDER = join(__dirname, '../src/protocol');
/** The bodies of the REST API and of the agent's pages: they alone are strict. */
const bodies = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
  .flatMap((name) => Object.entries(jest.requireActual<Record<string, unknown>>(join(FOLDER, name))))
  .filter((entry): entry is [string, z.ZodObject] => {
    const of = (entry[1] as { _zod?: { def: Definition & { catchall?: z.ZodType } } } | null)?._zod?.def;
    return of?.type === 'object' && of.catchall !== undefined && definitionOf(of.catchall).type === 'never';
  });

const wires: [string, z.ZodType][] = [
  ...Object.entries(EXCHANGES).flatMap(([name, { request, response }]): [string, z.ZodType][] => [
    [`${name} request`, request],
    [`${name} response`, response],
  ]),
  ...Object.entries({ ...CONTROL_PLANE_METHODS, ...RELAY_METHODS, ...AGENT_METHODS, ...SERVER_METHODS }).flatMap(
    ([name, { params, result }]): [string, z.ZodType][] => [
      [`${name} params`, params],
      [`${name} result`, result],
    ],
  ),
  ['displayState', displayState],
  ['displayInputs', displayInputs],
  ['relayMessage', relayMessage],
  ...bodies,
];

it('the schemas are found, and a free text in one', () => {
  expect(bodies.length).toBeGreaterThan(20);
  const inner = z.array(z.object({ id: z.uuid(), shown: shownLine(9), free: z.string().max(9).optional() })).nullable();
  expect(freeTexts(z.object({ rows: inner }), 'it')).toEqual(['it.rows.free']);
});

it.each(wires)('%s', (name, schema) => {
  const free = freeTexts(schema, name).filter((path) => !NOT_SHOWN.some((known) => path.endsWith(known)));
  expect(free).toEqual([]);
});
