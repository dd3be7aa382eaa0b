import { createHash, type Hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BadRequest, bodyOf } from '../web/exchange';
import { MFP_LIMITS } from '../mfp-limits';
import { MultipartParser, type PartHeader, type PartSink } from './multipart-parser';

export interface ReceivedFile {
  field: string;
  /** Without folders, 100 characters at most. */
  fileName: string;
  bytes: number;
  sha256: string;
}
export interface ReceivedForm {
  fields: Record<string, string>;
  files: ReceivedFile[];
}

/**
 * Reads a multipart form; of files only size and SHA-256 are kept.
 * @param onFile gets the bytes of the files as they come in
 * @throws BadRequest
 */
export async function receiveMultipart(
  request: IncomingMessage,
  mostBytes: number,
  onFile: (field: string, bytes: Buffer) => void,
): Promise<ReceivedForm> {
  const type = request.headers['content-type'] ?? '';
  const match = /^multipart\/form-data\s*;.*\bboundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(type);
  const boundary = match?.[1] ?? match?.[2];
  if (!boundary) throw new BadRequest('This page takes multipart forms only.', 415);
  const form = new FormCollector(onFile);
  const parser = new MultipartParser(boundary, form);
  let bytes = 0;
  try {
    for await (const chunk of bodyOf(request)) {
      bytes += chunk.length;
      if (bytes > mostBytes) throw new BadRequest('The file is too large.', 413);
      parser.write(chunk);
    }
  } catch (error) {
    throw error instanceof BadRequest ? error : new BadRequest('The upload broke off.');
  }
  parser.end();
  return form;
}

class FormCollector implements PartSink, ReceivedForm {
  readonly fields: Record<string, string> = {};
  readonly files: ReceivedFile[] = [];
  private current: PartHeader = { field: '', fileName: undefined };
  private hash: Hash = createHash('sha256');
  private text: Buffer[] = [];
  private bytes = 0;

  constructor(private readonly onFile: (field: string, bytes: Buffer) => void) {}

  begin(header: PartHeader): void {
    this.current = header;
    this.hash = createHash('sha256');
    this.text = [];
    this.bytes = 0;
  }

  data(bytes: Buffer): void {
    this.bytes += bytes.length;
    if (this.current.fileName !== undefined) {
      this.hash.update(bytes);
      this.onFile(this.current.field, bytes);
    } else if (this.bytes > MFP_LIMITS.MULTIPART_FIELD_BYTES)
      throw new BadRequest('A field of the form is too large.', 413);
    else this.text.push(bytes);
  }

  end(): void {
    const { field, fileName } = this.current;
    if (fileName === undefined) this.fields[field] = Buffer.concat(this.text).toString('utf8');
    else this.files.push({ field, fileName: plainName(fileName), bytes: this.bytes, sha256: this.hash.digest('hex') });
  }
}

const plainName = (name: string): string => (name.split(/[\\/]/).pop() ?? '').slice(-100);
