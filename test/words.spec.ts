import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * Words that docs/GLOSSARY.md replaced, and phrases that a technical editor would not let pass. They are searched for in
 * identifiers, comments, texts and documents alike.
 */
const REPLACED: readonly (readonly [words: RegExp, instead: string])[] = [
  [/whoever/i, 'who, anyone who, or name the role'],
  [/nobody/i, 'no one, no user, or passive voice'],
  [/\banew\b/i, 'again'],
  [/\b(goes|went|going|go) on\b/i, 'continues, or name what happens'],
  [/unforeseen|foresaw/i, 'unexpected'],
  [/hand(ed|s|ing)? out\b|handed-?out/i, 'issued, or connection information'],
  [/\bin turn\b|inturn/i, 'one at a time, or a queue'],
  [/\bstirr(ed|s)\b|stirred/i, 'active'],
  [/\btold\b|[a-z]Told\b/, 'notified, reported, instructed'],
  [/\blooks? in\b/i, 'polls, connects'],
  [/\b(stands?|stood|standing) in for\b|stand-in/i, 'replaces, or a fake'],
  [/gone for good/i, 'removed, permanently'],
  [/\bin vain\b/i, 'without success'],
  [/what becomes? of/i, 'the outcome, the result'],
  [/\bof no consequence\b|OF_NO_CONSEQUENCE/i, 'ignored'],
  [/\bground floor\b|\bwings?\b/i, 'shared module, program'],
  [/\b(close[sd]?|closing) the books\b|\bbooks?\b(?!\w)/i, 'end log, presumed; address book is exempt'],
  [/\bnewcomers?\b/i, 'pending connection'],
  [/\bstrangers?\b/i, 'unauthenticated peer'],
  [/left[- ]behind|leftBehind/i, 'orphaned'],
  [/\bby (itself|themselves)\b/i, 'automatically, alone'],
  [/\b(says?|said) of (itself|themselves)\b/i, 'device information, reports'],
];

/** Where a word is right: the field's own use of it. */
const RIGHT = [/books-closed/gi, /address[- ]?book/gi, /addressbook/gi, /stand-?alone/gi];

const ROOT = join(__dirname, '..');
const FOLDERS = ['src', 'test', 'docs', 'tools', 'bench'];
const FILES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', '.env.example', 'ormconfig.ts'];
/** They list the words. */
const EXEMPT = ['test/words.spec.ts', 'docs/GLOSSARY.md'];

const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(tsx?|mts|mjs|cjs|css|html|md|py)$/.test(file))
    .map((file) => join(ROOT, folder, file)),
)
  .concat(FILES.map((file) => join(ROOT, file)))
  .filter((file) => !EXEMPT.includes(relative(ROOT, file)));

const findings = files.flatMap((file) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, index) => {
      const text = RIGHT.reduce((rest, right) => rest.replace(right, ''), line);
      return REPLACED.filter(([words]) => words.test(text)).map(
        ([words, instead]) => `${relative(ROOT, file)}:${index + 1}: ${words.exec(text)![0]} -> ${instead}`,
      );
    }),
);

describe('words', () => {
  it('are searched for in every source and document', () => expect(files.length).toBeGreaterThan(300));

  it('are those of the glossary', () => expect(findings).toEqual([]));
});
