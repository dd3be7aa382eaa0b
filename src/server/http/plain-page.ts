import { sha256 } from '../../tunnel/sha256';

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;margin:12vh auto;max-width:34rem;padding:0 1rem;color:#1c2530;background:#fff}' +
  'h1{font-size:1.4rem}@media(prefers-color-scheme:dark){body{color:#e6e9ee;background:#14181d}}';
const hashOf = (text: string): string => `'sha256-${sha256(text).toString('base64')}'`;

/** The same in one language. */
export interface PlainSection {
  readonly lang: string;
  readonly title: string;
  /** HTML */
  readonly content: string;
}

/** A page in front of the console, in every language at once; its answer closes the connection. */
export function plainPage(
  sections: readonly PlainSection[],
  script?: string,
): { body: string; fields: Record<string, string | number> } {
  const body =
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<title>${sections.map(({ title }) => title).join(' / ')}</title><style>${STYLE}</style>` +
    sections
      .map(({ lang, title, content }) => `<section lang="${lang}"><h1>${title}</h1>${content}</section>`)
      .join('') +
    `${script === undefined ? '' : `<script>${script}</script>`}</html>\n`;
  const scripts = script === undefined ? '' : `script-src ${hashOf(script)}; `;
  return {
    body,
    fields: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
      'Content-Security-Policy': `default-src 'none'; ${scripts}style-src ${hashOf(STYLE)}; base-uri 'none'; form-action 'none'`,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
      Connection: 'close',
    },
  };
}
