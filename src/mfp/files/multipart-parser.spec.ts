import { MultipartParser, type PartSink } from './multipart-parser';

const BODY = [
  'preamble\r\n--B',
  'Content-Disposition: form-data; name="note"',
  '',
  'two\r\nlines --B not a delimiter',
  '--B',
  'Content-Disposition: form-data; name="firmware"; filename="a b.bin"',
  'Content-Type: application/octet-stream',
  '',
  '',
  '--B',
  'content-disposition: form-data; name="last"',
  '',
  '\r\n--',
  '--B--',
  'epilogue',
].join('\r\n');

class Parts implements PartSink {
  readonly parts: { field: string; fileName: string | undefined; text: string; ended: boolean }[] = [];
  begin(header: { field: string; fileName: string | undefined }): void {
    this.parts.push({ ...header, text: '', ended: false });
  }
  data(bytes: Buffer): void {
    this.parts.at(-1)!.text += bytes.toString();
  }
  end(): void {
    this.parts.at(-1)!.ended = true;
  }
}

function parse(body: string, pieceBytes: number): Parts['parts'] {
  const sink = new Parts();
  const parser = new MultipartParser('B', sink);
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length; at += pieceBytes) parser.write(bytes.subarray(at, at + pieceBytes));
  parser.end();
  return sink.parts;
}

describe('MultipartParser', () => {
  it.each([1, 2, 3, 7, 10_000])('finds the parts in pieces of %i bytes', (pieceBytes) => {
    expect(parse(BODY, pieceBytes)).toEqual([
      { field: 'note', fileName: undefined, text: 'two\r\nlines --B not a delimiter', ended: true },
      { field: 'firmware', fileName: 'a b.bin', text: '', ended: true },
      { field: 'last', fileName: undefined, text: '\r\n--', ended: true },
    ]);
  });

  it.each([
    ['a form that breaks off', BODY.slice(0, 100)],
    ['a body without delimiters', 'hello'],
    ['a part without a name', '--B\r\nContent-Type: text/plain\r\n\r\nx\r\n--B--'],
    ['text after a delimiter', '--Bx\r\n\r\n'],
    ['a header without an end', `--B\r\n${'x'.repeat(10_000)}`],
    ['too many parts', `${'--B\r\nContent-Disposition: form-data; name="x"\r\n\r\n\r\n'.repeat(20)}--B--`],
  ])('refuses %s', (_what, body) => {
    expect(() => parse(body, 50)).toThrow(expect.objectContaining({ name: 'BadRequest' }));
  });
});
