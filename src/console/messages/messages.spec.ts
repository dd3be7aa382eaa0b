import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROBLEMS } from '../../protocol/problems';
import { STEPS } from '../../protocol/steps';
import { en } from './en';
import { ja } from './ja';
import { DETAILS } from './ja-details';

type Text = string | ((...values: unknown[]) => string);

/** Every text by its path, such as `devices.title`. */
function textsOf(catalogue: object, path = ''): Map<string, Text> {
  return new Map(
    Object.entries(catalogue).flatMap(([key, value]: [string, unknown]) =>
      typeof value === 'object' && value !== null
        ? [...textsOf(value, `${path}${key}.`)]
        : [[`${path}${key}`, value as Text] as const],
    ),
  );
}

const SOURCE = join(__dirname, '../..');
const sourceOf = (...folders: string[]): string =>
  folders
    .flatMap((folder) =>
      readdirSync(join(SOURCE, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
        .map((file) => readFileSync(join(SOURCE, folder, file), 'utf8')),
    )
    .join('\n');
const matches = (source: string, pattern: RegExp): string[] => [
  ...new Set([...source.matchAll(pattern)].map(([, match]) => match ?? '')),
];

/** Names, and texts that are composed of others or come from other sources. */
const NOT_TRANSLATED = [
  'language',
  'product',
  'firmware.sha256',
  'languages.en',
  'languages.ja',
  'information.coloured',
  'information.sources.ipp',
  'information.sources.snmp',
  'information.sources.vendor',
  'detail',
  'fieldError',
];
/** Only the steps that the control plane records have Japanese texts. */
const isStep = (path: string): boolean => path.startsWith('steps.');

const english = textsOf(en);
const japanese = textsOf(ja);
const paths = [...english.keys()].filter((path) => !isStep(path));
const translated = paths.filter((path) => !NOT_TRANSLATED.includes(path));

describe('the catalogues of the console', () => {
  it('have the same keys', () => {
    expect([...japanese.keys()].filter((path) => !isStep(path)).sort()).toEqual([...paths].sort());
  });

  it('use the same values in their texts', () => {
    const [one, other] = [120, 240];
    const differing = translated.filter((path) => {
      const [inEnglish, inJapanese] = [english.get(path), japanese.get(path)];
      if (typeof inEnglish !== 'function' || typeof inJapanese !== 'function')
        return typeof inEnglish !== typeof inJapanese;
      if (inEnglish.length !== inJapanese.length) return true;
      const values: unknown[] = Array.from({ length: inEnglish.length }, () => one);
      return values.some((_, changedAt) => {
        const changed = values.map((value, index) => (index === changedAt ? other : value));
        return [inEnglish, inJapanese].some((text) => text(...values) === text(...changed));
      });
    });
    expect(differing).toEqual([]);
  });

  it('are Japanese in Japanese', () => {
    const shown = (text: Text | undefined): string => (typeof text === 'function' ? text(120, 240) : (text ?? ''));
    const foreign = translated.filter((path) => {
      const text = shown(japanese.get(path));
      return text !== '' && !/[\u3040-\u30ff\u4e00-\u9fff：]/.test(text);
    });
    expect(foreign).toEqual([]);
    const untranslated = translated.filter((path) => {
      const text = shown(japanese.get(path));
      return text !== '' && text === shown(english.get(path));
    });
    expect(untranslated).toEqual([]);
  });

  it('contain no Japanese in English', () => {
    const foreign = translated.filter((path) => /[\u3040-\u30ff\u4e00-\u9fff]/.test(String(english.get(path))));
    expect(foreign).toEqual([]);
  });

  it('have every problem', () => expect(Object.keys(ja.problems).sort()).toEqual(Object.keys(PROBLEMS).sort()));

  it('have every step of a session that the control plane records', () => {
    const recorded = matches(sourceOf('server/sessions'), /'(S\d{3})'/g);
    expect(recorded.length).toBeGreaterThan(20);
    expect(recorded.filter((step) => !Object.hasOwn(ja.steps, step))).toEqual([]);
    expect(Object.keys(ja.steps).filter((step) => !(step in STEPS))).toEqual([]);
  });

  it('have every action of the audit trail', () => {
    const recorded = matches(
      sourceOf('server'),
      // but for the names of two files
      /'(?!relay\.(?:cjs|pid)')((?:agent|agent-release|alert|audit|backup|campaign|client|customer|deployment|device|firmware|job|login|meter-offset|password|profile|reading|relay|release|report-mail|report-template|rollout|session|settings-template|site|token|user|webhook)\.[a-z-]+)'/g,
    );
    expect(recorded.length).toBeGreaterThan(20);
    expect(Object.keys(en.audit.actions).sort()).toEqual(recorded.sort());
  });

  it('translate details that the programs report', () => {
    const source = sourceOf('server', 'agent', 'protocol').replace(/\$\{[^{}`]*\}/g, '{}');
    expect(DETAILS.map(([detail]) => detail).filter((detail) => !source.includes(detail))).toEqual([]);
  });

  it.each([
    ['There is no device hall-mfp.', '機器「hall-mfp」は存在しません。'],
    [
      'Version after installation is 2.14.003, expected 2.15.000.',
      'インストール後のバージョンは2.14.003です（予定：2.15.000）。',
    ],
    ['paper jam', '紙づまり'],
    [
      'The relay did not answer. The list shows what this server recorded.',
      '中継サーバーが応答しません。一覧はこのサーバーの記録です。',
    ],
    ['2 sessions: Hall (Tina)', '2件のセッション：Hall (Tina)'],
    ['server-error-busy', 'server-error-busy'],
  ])('have the detail "%s" in Japanese as "%s"', (english, japanese) => {
    expect(ja.detail(english)).toBe(japanese);
    expect(en.detail(english)).toBe(english);
  });
});
