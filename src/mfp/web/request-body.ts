import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import busboy from 'busboy';
import type { Request } from 'express';
import { MFP_LIMITS } from '../mfp-limits';
import { BadRequest } from './web.errors';

export type Fields = Record<string, string>;

export interface ReceivedFile {
  readonly field: string;
  /** Without folders, 100 characters at most. */
  readonly fileName: string;
  readonly bytes: number;
  readonly sha256: string;
}

interface Expected {
  readonly type: string;
  /** Name of the type on the error page. */
  readonly name: string;
  readonly mostBytes: number;
  readonly limits: busboy.Limits;
  /** Receives the bytes of files as they arrive. */
  readonly onFile?: (field: string, bytes: Buffer) => void;
}

/** The body as it arrives. Unlike the request's own iterator, an early exit keeps the connection open for the answer. */
export function bodyOf(request: IncomingMessage): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) };
}

/** The same up to a size. @throws BadRequest */
export async function* boundedBody(request: IncomingMessage, mostBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const chunk of bodyOf(request)) {
      bytes += chunk.length;
      if (bytes > mostBytes) throw new BadRequest('The content of the request is too large.', 413);
      yield chunk;
    }
  } catch (error) {
    throw error instanceof BadRequest ? error : new BadRequest('The request broke off.');
  }
}

/** Reads a submitted form. @throws BadRequest if it is not a form, too large or incomplete */
export async function readForm({ request }: { readonly request: Request }): Promise<Fields> {
  const { fields } = await receive(request, {
    type: 'application/x-www-form-urlencoded',
    name: 'HTML forms',
    mostBytes: MFP_LIMITS.FORM_BYTES,
    limits: { fields: MFP_LIMITS.FORM_FIELDS },
  });
  return fields;
}

/** Reads a multipart form (RFC 7578); of files only size and SHA-256 are kept. @throws BadRequest */
export function readMultipart(
  request: Request,
  mostBytes: number,
  onFile: (field: string, bytes: Buffer) => void,
): Promise<{ fields: Fields; files: ReceivedFile[] }> {
  const limits = { fieldSize: MFP_LIMITS.MULTIPART_FIELD_BYTES, parts: MFP_LIMITS.MULTIPART_PARTS };
  return receive(request, { type: 'multipart/form-data', name: 'multipart forms', mostBytes, limits, onFile });
}

async function receive(
  request: Request,
  { type, name, mostBytes, limits, onFile }: Expected,
): Promise<{ fields: Fields; files: ReceivedFile[] }> {
  if (!request.is(type)) throw new BadRequest(`This page takes ${name} only.`, 415);
  const parser = parserOf(request, limits);
  const refuse = (message: string) => parser.destroy(new BadRequest(message, 413));
  const fields: [name: string, value: string][] = [];
  const files: ReceivedFile[] = [];
  parser.on('field', (field, value, { nameTruncated, valueTruncated }) => {
    if (nameTruncated || valueTruncated) refuse('A field of the form is too large.');
    fields.push([field, value]);
  });
  parser.on('file', (field, stream, { filename }: { filename?: string }) => {
    const hash = createHash('sha256');
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      hash.update(chunk);
      onFile?.(field, chunk);
    });
    stream.on('end', () =>
      files.push({ field, fileName: (filename ?? '').slice(-100), bytes, sha256: hash.digest('hex') }),
    );
    stream.on('error', () => undefined); // the parser has the same error
  });
  for (const limit of ['partsLimit', 'fieldsLimit'] as const)
    parser.on(limit, () => refuse('The form has too many fields.'));
  try {
    await pipeline(boundedBody(request, mostBytes), parser);
  } catch (error) {
    throw error instanceof BadRequest ? error : new BadRequest('The form is not well-formed.');
  }
  return { fields: Object.fromEntries(fields), files };
}

function parserOf({ headers }: Request, limits: busboy.Limits): busboy.Busboy {
  try {
    return busboy({ headers, limits, defParamCharset: 'utf8' });
  } catch {
    throw new BadRequest('The type of the form has no boundary.', 415);
  }
}
