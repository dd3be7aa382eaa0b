import { Transform, type TransformCallback } from 'node:stream';
import { LIMITS } from '../../../protocol/limits';
import { isLinkAttribute, translatedValue } from './link-attributes';

/** Elements whose content is text up to their own end tag (HTML Living Standard 13.2.5.2 to 13.2.5.4). */
const RAW = new Set(['script', 'style', 'textarea', 'title', 'xmp', 'iframe', 'noembed', 'noframes']);
const isSpace = (c: string): boolean => c === ' ' || c === '\n' || c === '\t' || c === '\r' || c === '\f';
/** Elements whose URL the browser shows instead of the page, or in a frame of it. */
const NAVIGATING = new Set(['a', 'area', 'form', 'button', 'input', 'iframe', 'frame', 'meta']);
/** HTML defines no longer element or attribute name. */
const NAME_CHARACTERS = 32;
/** What is translated in one go. */
const PART_BYTES = 16 * 1024;

/** Methods of HtmlLinks, one for each state of the tokenizer. */
type State =
  | 'text'
  | 'tagOpen'
  | 'endTagOpen'
  | 'tagName'
  | 'inTag'
  | 'attributeName'
  | 'afterAttributeName'
  | 'beforeValue'
  | 'value'
  | 'rawText'
  | 'plaintext'
  | 'markup'
  | 'bogusComment'
  | 'comment';

/** Calls `run` when it is the turn of this page, for so many bytes of work. */
export type TakeTurn = (bytes: number, run: () => void) => void;

/**
 * Translates the links in the attributes of an HTML stream; every other byte is unchanged. Its states are those of the
 * HTML tokenizer that are needed to find attributes. It buffers at most one attribute value
 * (LIMITS.BROWSER_LINK_BYTES), and leaves alone what follows LIMITS.BROWSER_HTML_BYTES. It works on bytes: in the
 * encodings that devices use, HTML markup is ASCII.
 */
export class HtmlLinks extends Transform {
  private state: State = 'text';
  private bytes = 0;
  /** The part that is being translated, and where what is not yet in `out` begins. */
  private part = '';
  private from = 0;
  private out = '';
  private element = '';
  private attribute = '';
  private endTag = false;
  /** The last characters, for tokens of several characters. */
  private tail = '';
  private quote = '';
  /** The current attribute value, while it may need translation; not in `out`. */
  private held: string | undefined;

  /** @param translate applied to each URL; `navigates`: the browser may leave the page for it */
  constructor(
    private readonly translate: (url: string, navigates: boolean) => string,
    private readonly takeTurn: TakeTurn = (_bytes, run) => run(),
  ) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    // what is not translated any more takes no turns
    if (this.bytes >= LIMITS.BROWSER_HTML_BYTES && this.held === undefined) return done(null, chunk);
    const bytes = Math.min(chunk.length, PART_BYTES);
    this.takeTurn(bytes, () => {
      try {
        this.push(this.translated(chunk.subarray(0, bytes)));
      } catch (error) {
        return done(error as Error);
      }
      if (bytes === chunk.length) done();
      else this._transform(chunk.subarray(bytes), _encoding, done);
    });
  }

  override _flush(done: TransformCallback): void {
    done(null, Buffer.from(this.held ?? '', 'latin1')); // an unterminated value is not a link
  }

  private translated(bytes: Buffer): Buffer {
    this.out = '';
    if (this.bytes >= LIMITS.BROWSER_HTML_BYTES) {
      this.release(0);
      return Buffer.concat([Buffer.from(this.out, 'latin1'), bytes]);
    }
    this.bytes += bytes.length;
    this.part = bytes.toString('latin1');
    this.from = 0;
    for (let at = this.skip(0); at < this.part.length; at = this.skip(at + 1)) this[this.state](this.part[at]!, at);
    if (this.held === undefined) this.emitUpTo(this.part.length);
    return Buffer.from(this.out, 'latin1');
  }

  private emitUpTo(at: number): void {
    this.out += this.part.slice(this.from, at);
    this.from = at;
  }

  /** The next character that matters in the current state, from this one on. */
  private skip(at: number): number {
    switch (this.state) {
      case 'text':
        return this.indexOf('<', at);
      case 'bogusComment':
        return this.indexOf('>', at);
      case 'plaintext':
        return this.part.length;
      case 'rawText':
        return this.tail === '' ? this.indexOf('<', at) : at;
      case 'value':
        return this.held === undefined && this.quote !== '' ? this.indexOf(this.quote, at) : at;
      case 'comment': {
        const end = this.indexOf('>', at);
        this.tail = (this.tail + this.part.slice(Math.max(at, end - 5), end)).slice(-5);
        return end;
      }
      default:
        return at;
    }
  }

  private indexOf(c: string, at: number): number {
    const found = this.part.indexOf(c, at);
    return found === -1 ? this.part.length : found;
  }

  private text(c: string): void {
    if (c === '<') this.state = 'tagOpen';
  }

  private tagOpen(c: string): void {
    this.endTag = false;
    this.tail = '';
    if (c === '/') this.state = 'endTagOpen';
    else if (c === '!') this.state = 'markup';
    else if (/[a-z]/i.test(c)) this.startName(c);
    else if (c === '?') this.state = 'bogusComment';
    else if (c !== '<') this.state = 'text';
  }

  private endTagOpen(c: string): void {
    this.endTag = true;
    if (/[a-z]/i.test(c)) this.startName(c);
    else this.state = c === '>' ? 'text' : 'bogusComment';
  }

  private startName(c: string): void {
    this.element = c.toLowerCase();
    this.state = 'tagName';
  }

  private tagName(c: string): void {
    if (isSpace(c) || c === '/' || c === '>') return this.inTag(c);
    if (this.element.length <= NAME_CHARACTERS) this.element += c.toLowerCase();
  }

  private inTag(c: string): void {
    if (c === '>') return this.closeTag();
    if (isSpace(c) || c === '/') this.state = 'inTag';
    else {
      this.attribute = c.toLowerCase();
      this.state = 'attributeName';
    }
  }

  private attributeName(c: string): void {
    if (c === '=') this.state = 'beforeValue';
    else if (isSpace(c)) this.state = 'afterAttributeName';
    else if (c === '/' || c === '>') this.inTag(c);
    else if (this.attribute.length <= NAME_CHARACTERS) this.attribute += c.toLowerCase();
  }

  private afterAttributeName(c: string): void {
    if (c === '=') this.state = 'beforeValue';
    else if (!isSpace(c)) this.inTag(c);
  }

  private beforeValue(c: string, at: number): void {
    if (isSpace(c)) return;
    if (c === '>') return this.closeTag();
    const quoted = c === '"' || c === "'";
    this.quote = quoted ? c : '';
    this.state = 'value';
    if (!isLinkAttribute(this.element, this.attribute)) return;
    this.emitUpTo(quoted ? at + 1 : at);
    this.held = quoted ? '' : c;
  }

  private value(c: string, at: number): void {
    const ends = this.quote === '' ? isSpace(c) || c === '>' : c === this.quote;
    if (!ends) {
      if (this.held !== undefined) this.held += c;
      if (this.held !== undefined && this.held.length > LIMITS.BROWSER_LINK_BYTES) this.release(at + 1);
      return;
    }
    if (this.held !== undefined) {
      this.held = translatedValue(this.attribute, this.held, (url) =>
        this.translate(url, NAVIGATING.has(this.element)),
      );
      this.release(at);
    }
    if (c === '>' && this.quote === '') this.closeTag();
    else this.state = 'inTag';
  }

  /** @param at where the part continues behind the value */
  private release(at: number): void {
    this.out += this.held ?? '';
    this.held = undefined;
    this.from = at;
  }

  private closeTag(): void {
    this.tail = '';
    if (!this.endTag && RAW.has(this.element)) this.state = 'rawText';
    else if (!this.endTag && this.element === 'plaintext') this.state = 'plaintext';
    else this.state = 'text';
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

  /** Has no end. */
  private plaintext(): void {}

  private markup(c: string): void {
    this.tail += c;
    if (this.tail === '-') return;
    this.state = this.tail === '--' ? 'comment' : 'bogusComment';
    if (this.tail === '--') this.tail = '';
    else this.bogusComment(c);
  }

  private bogusComment(c: string): void {
    if (c === '>') this.state = 'text';
  }

  /** `<!-->` and `<!--->` are whole comments (13.2.5.43). The tail starts behind `<!--`, and ends before this character. */
  private comment(c: string): void {
    this.tail = (this.tail + c).slice(-5);
    const abrupt = this.tail === '>' || this.tail === '->';
    if (abrupt || /(^|[^])--!?>$/.test(this.tail)) this.state = 'text';
  }
}
