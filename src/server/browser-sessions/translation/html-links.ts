import { Transform, type TransformCallback } from 'node:stream';
import { LIMITS } from '../../../protocol/limits';
import { isLinkAttribute, translatedValue } from './link-attributes';

/** Elements whose content is text up to their own end tag (HTML Living Standard 13.2.5.2 to 13.2.5.4). */
const RAW = new Set(['script', 'style', 'textarea', 'title', 'xmp', 'iframe', 'noembed', 'noframes']);
const isSpace = (c: string): boolean => c === ' ' || c === '\n' || c === '\t' || c === '\r' || c === '\f';
/** HTML defines no longer element or attribute name. */
const NAME_CHARACTERS = 32;

/**
 * Translates the links in the attributes of an HTML stream; every other byte is unchanged. Its states are those of the
 * HTML tokenizer that are needed to find attributes. It buffers at most one attribute value
 * (LIMITS.BROWSER_LINK_BYTES). It works on bytes: in the encodings that devices use, HTML markup is ASCII.
 */
export class HtmlLinks extends Transform {
  private state: (c: string) => void = (c) => this.text(c);
  private out = '';
  private element = '';
  private attribute = '';
  private endTag = false;
  /** The last characters, for tokens of several characters. */
  private tail = '';
  private quote = '';
  /** The current attribute value, while it may need translation. */
  private held: string | undefined;

  /** @param translate applied to each URL */
  constructor(private readonly translate: (url: string) => string) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    for (const c of chunk.toString('latin1')) {
      if (this.held === undefined) this.out += c;
      this.state(c);
    }
    done(null, this.takeOutput());
  }

  override _flush(done: TransformCallback): void {
    this.release(); // an unterminated value is not a link
    done(null, this.takeOutput());
  }

  private takeOutput(): Buffer | undefined {
    const out = this.out;
    this.out = '';
    return out === '' ? undefined : Buffer.from(out, 'latin1');
  }

  private text(c: string): void {
    if (c === '<') this.state = (next) => this.tagOpen(next);
  }

  private tagOpen(c: string): void {
    this.endTag = false;
    this.tail = '';
    if (c === '/') this.state = (next) => this.endTagOpen(next);
    else if (c === '!') this.state = (next) => this.markup(next);
    else if (/[a-z]/i.test(c)) this.startName(c);
    else if (c === '?') this.state = (next) => this.bogusComment(next);
    else if (c !== '<') this.state = (next) => this.text(next);
  }

  private endTagOpen(c: string): void {
    this.endTag = true;
    if (/[a-z]/i.test(c)) this.startName(c);
    else this.state = c === '>' ? (next) => this.text(next) : (next) => this.bogusComment(next);
  }

  private startName(c: string): void {
    this.element = c.toLowerCase();
    this.state = (next) => this.tagName(next);
  }

  private tagName(c: string): void {
    if (isSpace(c) || c === '/' || c === '>') return this.inTag(c);
    if (this.element.length <= NAME_CHARACTERS) this.element += c.toLowerCase();
  }

  private inTag(c: string): void {
    if (c === '>') return this.closeTag();
    if (isSpace(c) || c === '/') this.state = (next) => this.inTag(next);
    else {
      this.attribute = c.toLowerCase();
      this.state = (next) => this.attributeName(next);
    }
  }

  private attributeName(c: string): void {
    if (c === '=') this.state = (next) => this.beforeValue(next);
    else if (isSpace(c)) this.state = (next) => this.afterAttributeName(next);
    else if (c === '/' || c === '>') this.inTag(c);
    else if (this.attribute.length <= NAME_CHARACTERS) this.attribute += c.toLowerCase();
  }

  private afterAttributeName(c: string): void {
    if (c === '=') this.state = (next) => this.beforeValue(next);
    else if (!isSpace(c)) this.inTag(c);
  }

  private beforeValue(c: string): void {
    if (isSpace(c)) return;
    if (c === '>') return this.closeTag();
    const quoted = c === '"' || c === "'";
    this.quote = quoted ? c : '';
    this.state = (next) => this.value(next);
    if (!isLinkAttribute(this.element, this.attribute)) return;
    this.held = quoted ? '' : c;
    if (!quoted) this.out = this.out.slice(0, -1);
  }

  private value(c: string): void {
    const ends = this.quote === '' ? isSpace(c) || c === '>' : c === this.quote;
    if (!ends) {
      if (this.held !== undefined) this.held += c;
      if (this.held !== undefined && this.held.length > LIMITS.BROWSER_LINK_BYTES) this.release();
      return;
    }
    if (this.held !== undefined) {
      this.out += translatedValue(this.attribute, this.held, this.translate) + c;
      this.held = undefined;
    }
    if (c === '>' && this.quote === '') this.closeTag();
    else this.state = (next) => this.inTag(next);
  }

  private release(): void {
    this.out += this.held ?? '';
    this.held = undefined;
  }

  private closeTag(): void {
    this.tail = '';
    if (!this.endTag && RAW.has(this.element)) this.state = (c) => this.rawText(c);
    else if (!this.endTag && this.element === 'plaintext') this.state = () => undefined;
    else this.state = (c) => this.text(c);
  }

  /** Up to `</element` and a character that ends a tag name. */
  private rawText(c: string): void {
    const end = `</${this.element}`;
    if (this.tail.length === end.length && (isSpace(c) || c === '/' || c === '>')) {
      this.endTag = true;
      return this.inTag(c);
    }
    const tail = this.tail + c.toLowerCase();
    this.tail = end.startsWith(tail) ? tail : c === '<' ? c : '';
  }

  private markup(c: string): void {
    this.tail += c;
    if (this.tail === '-') return;
    this.state = this.tail === '--' ? (next) => this.comment(next) : (next) => this.bogusComment(next);
    if (this.tail === '--') this.tail = '';
    else this.bogusComment(c);
  }

  private bogusComment(c: string): void {
    if (c === '>') this.state = (next) => this.text(next);
  }

  /** `<!-->` and `<!--->` are whole comments (13.2.5.43). The tail starts behind `<!--`. */
  private comment(c: string): void {
    this.tail = (this.tail + c).slice(-5);
    const abrupt = this.tail === '>' || this.tail === '->';
    if (abrupt || /(^|[^])--!?>$/.test(this.tail)) this.state = (next) => this.text(next);
  }
}
