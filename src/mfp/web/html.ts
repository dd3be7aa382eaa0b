/** Markup that is safe to send: everything inserted into it has been escaped. */
export class Html {
  constructor(readonly text: string) {}
}

type Insert = Html | string | number | false | null | undefined | readonly Insert[];

/** Tagged template: inserted strings are escaped; `false`, `null` and `undefined` insert nothing. */
export function html(parts: TemplateStringsArray, ...inserts: Insert[]): Html {
  return new Html(parts.reduce((text, part, index) => text + render(inserts[index - 1]) + part));
}

function render(insert: Insert): string {
  if (insert instanceof Html) return insert.text;
  if (typeof insert === 'string') return escape(insert);
  if (typeof insert === 'number') return String(insert);
  if (insert === false || insert == null) return '';
  return insert.map(render).join('');
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

/** Placeholder for content that is sent in pieces, because a template cannot leave tags open: formatters close them. */
export const CONTENT = new Html('<!-- content -->');

/** What precedes and follows CONTENT in a template that has it once. */
export function aroundContent(page: Html): { before: Html; after: Html } {
  const [before = '', after = ''] = page.text.split(CONTENT.text);
  return { before: new Html(before), after: new Html(after) };
}
