import { SaxesParser } from 'saxes';

/** The order of attributes in what the embedded server writes; others follow. */
const ORDER = ['xmlns', 'category', 'type', 'id', 'from', 'to', 'name'];

interface Open {
  readonly name: string;
  readonly tag: string;
  content: string;
}

/**
 * Rewrites what an XMPP server sends as the embedded server would write it: quotation marks, order of attributes, escapes.
 * Tests then compare text, whichever server has sent it. Whole elements only; the header is left out.
 */
export class CanonicalStream {
  private parser = this.newParser();
  private open: Open[] = [];
  private ready = '';
  private isRestarting = false;

  /** @returns the elements that are complete now */
  feed(text: string): string {
    if (this.isRestarting) this.parser = this.newParser();
    this.isRestarting = false;
    this.parser.write(text);
    const { ready } = this;
    this.ready = '';
    return ready;
  }

  private newParser(): SaxesParser {
    this.open = [];
    const parser = new SaxesParser({ xmlns: false });
    parser.on('error', (error) => {
      throw error;
    });
    parser.on('opentag', ({ name, attributes }) => {
      // what the header of a stream declares
      const { 'xml:lang': _language, ...own } = attributes;
      const shown = this.open.length === 1 && own.xmlns === 'jabber:client' ? { ...own, xmlns: undefined } : own;
      this.open.push({ name, tag: `${name}${attributesOf(shown)}`, content: '' });
    });
    parser.on('text', (part) => {
      if (this.open.length > 1) this.open.at(-1)!.content += escaped(part);
    });
    parser.on('closetag', () => this.close());
    return parser;
  }

  private close(): void {
    const { name, tag, content } = this.open.pop()!;
    if (this.open.length === 0) return void (this.ready += '</stream:stream>');
    const written = content ? `<${tag}>${content}</${name}>` : `<${tag}/>`;
    if (this.open.length > 1) this.open.at(-1)!.content += written;
    else this.ready += written;
    // the server waits for a new header (RFC 6120 6.4.6)
    if (this.open.length === 1 && name === 'success') this.isRestarting = true;
  }
}

function attributesOf(attributes: Readonly<Record<string, string | undefined>>): string {
  const rank = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => rank(one) - rank(other))
    .map(([name, value]) => ` ${name}="${escaped(value!).replaceAll('"', '&quot;')}"`)
    .join('');
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
