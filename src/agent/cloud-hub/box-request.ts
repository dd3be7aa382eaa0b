import type { IncomingMessage } from 'node:http';
import type { BoxOperation } from '../../protocol/access-conditions';
import type { ProblemCode } from '../../protocol/problems';

/** A request of a client to a document box, as it is compared with the access conditions and made to the device. */
export interface BoxRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  readonly path: string;
  /** null: the list of all boxes. */
  readonly box: string | null;
  readonly operation: BoxOperation;
  /** Length of the document in the request; null: unknown, or none. */
  readonly bytes: number | null;
  /** For people: `put invoices/may.pdf`. */
  readonly what: string;
}
export interface RefusedRequest {
  readonly status: number;
  readonly refused: ProblemCode;
  readonly detail: string;
  readonly allow?: string;
}

/** Names only, without any encoding: there is one way to write a path, so agent and device cannot read it differently. */
const PATH = /^\/boxes(?:\/([a-z0-9][a-z0-9._-]{0,63})(?:\/([a-z0-9][a-z0-9._-]{0,63}))?)?$/;

const OPERATIONS: Readonly<Record<BoxRequest['method'], BoxOperation>> = {
  GET: 'get',
  HEAD: 'get',
  PUT: 'put',
  DELETE: 'delete',
};

/** Reads a request that an HTTP parser has accepted. Everything that is not an operation on a document box is refused. */
export function boxRequestOf({
  method = '',
  url = '',
  headers,
}: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): BoxRequest | RefusedRequest {
  if (headers.upgrade !== undefined) return refusal(400, 'invalid-request', 'a document box has no other protocol');
  const match = PATH.exec(url);
  if (!match) return refusal(404, 'not-found', 'the address is not that of a box or document: /boxes/<box>/<document>');
  const [, box = null, document = null] = match;
  const allowed = document === null ? ['GET', 'HEAD'] : Object.keys(OPERATIONS);
  if (!isMethod(method) || !allowed.includes(method))
    return { ...refusal(405, 'invalid-request', `use ${allowed.join(', ')}`), allow: allowed.join(', ') };
  const operation = document === null ? 'list' : OPERATIONS[method];
  const bytes = lengthOf(headers);
  if (operation !== 'put' && bytes !== 0) return refusal(400, 'invalid-request', 'only PUT has a body');
  if (operation === 'put' && headers['content-range'] !== undefined)
    return refusal(400, 'invalid-request', 'a document is put as a whole');
  const what = `${operation} ${box === null ? 'boxes' : document === null ? box : `${box}/${document}`}`;
  return { method, path: url, box, operation, bytes: operation === 'put' ? bytes : null, what };
}

const isMethod = (method: string): method is BoxRequest['method'] => Object.hasOwn(OPERATIONS, method);

const refusal = (status: number, code: ProblemCode, detail: string): RefusedRequest => ({
  status,
  refused: code,
  detail,
});

/** null: unknown (chunked). The parser has refused what has both fields, or one twice. */
function lengthOf(headers: IncomingMessage['headers']): number | null {
  if (headers['transfer-encoding'] !== undefined) return null;
  return Number(headers['content-length'] ?? 0);
}
