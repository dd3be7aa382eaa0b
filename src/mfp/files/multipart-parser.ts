import { BadRequest } from '../web/exchange';
import { MFP_LIMITS } from '../mfp-limits';

/** Header of one part of a multipart/form-data body (RFC 7578). */
export interface PartHeader {
  field: string;
  /** undefined: a plain field. */
  fileName: string | undefined;
}

export interface PartSink {
  begin(header: PartHeader): void;
  data(bytes: Buffer): void;
  end(): void;
}

const BREAK = Buffer.from('\r\n');
const HEADER_END = Buffer.from('\r\n\r\n');

/** Splits a multipart body into its parts while it comes in; holds back no more than one header and one delimiter. */
export class MultipartParser {
  private readonly delimiter: Buffer;
  /** The body is read as if a line break went before it, so that the first delimiter looks like the others. */
  private held: Buffer = BREAK;
  private state: 'preamble' | 'after-delimiter' | 'header' | 'body' | 'done' = 'preamble';
  private parts = 0;

  constructor(
    boundary: string,
    private readonly sink: PartSink,
  ) {
    this.delimiter = Buffer.from(`\r\n--${boundary}`);
  }

  /** @throws BadRequest */
  write(chunk: Buffer): void {
    this.held = Buffer.concat([this.held, chunk]);
    while (this.step());
  }

  /** @throws BadRequest when the closing delimiter has not come */
  end(): void {
    if (this.state !== 'done') throw new BadRequest('The form broke off.');
  }

  /** Takes one thing from the held bytes; false when more are needed. */
  private step(): boolean {
    if (this.state === 'preamble' || this.state === 'body') return this.untilDelimiter();
    if (this.state === 'after-delimiter') return this.afterDelimiter();
    if (this.state === 'header') return this.header();
    this.held = Buffer.alloc(0);
    return false;
  }

  private untilDelimiter(): boolean {
    const inBody = this.state === 'body';
    const at = this.held.indexOf(this.delimiter);
    const sure = at < 0 ? Math.max(0, this.held.length - this.delimiter.length) : at;
    if (inBody && sure > 0) this.sink.data(this.held.subarray(0, sure));
    this.held = this.held.subarray(at < 0 ? sure : sure + this.delimiter.length);
    if (at < 0) return false;
    if (inBody) this.sink.end();
    this.state = 'after-delimiter';
    return true;
  }

  private afterDelimiter(): boolean {
    if (this.held.length < 2) return false;
    const next = this.held.subarray(0, 2).toString('latin1');
    this.held = this.held.subarray(2);
    if (next === '--') this.state = 'done';
    else if (next === '\r\n') this.state = 'header';
    else throw new BadRequest('The form is not well-formed.');
    return true;
  }

  private header(): boolean {
    const at = this.held.indexOf(HEADER_END);
    if (at < 0 && this.held.length <= MFP_LIMITS.MULTIPART_HEADER_BYTES) return false;
    if (at < 0 || at > MFP_LIMITS.MULTIPART_HEADER_BYTES)
      throw new BadRequest('A header in the form is too large.', 413);
    if (++this.parts > MFP_LIMITS.MULTIPART_PARTS) throw new BadRequest('The form has too many fields.', 413);
    this.sink.begin(partHeader(this.held.subarray(0, at).toString('utf8')));
    // The break before the body may belong to the delimiter of an empty body.
    this.held = this.held.subarray(at + HEADER_END.length - BREAK.length);
    if (!this.held.subarray(0, this.delimiter.length).equals(this.delimiter))
      this.held = this.held.subarray(BREAK.length);
    this.state = 'body';
    return true;
  }
}

function partHeader(text: string): PartHeader {
  const disposition = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(text)?.[1] ?? '';
  const field = /(?:^|;)\s*name="([^"]*)"/i.exec(disposition)?.[1];
  if (field === undefined) throw new BadRequest('The form is not well-formed.');
  return { field, fileName: /(?:^|;)\s*filename="([^"]*)"/i.exec(disposition)?.[1] };
}
