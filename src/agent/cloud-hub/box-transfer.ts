import { once } from 'node:events';
import { request as httpRequest, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { boxName, DENIALS, type AccessCondition, type Denial } from '../../protocol/access-conditions';
import type { Asker } from '../../protocol/asker';
import { LIMITS } from '../../protocol/limits';
import { instant } from '../../protocol/names';
import { parseJson } from '../../protocol/parse-json';
import type { ProblemCode } from '../../protocol/problems';
import type { AccessControl } from '../conditions/access-control';
import { decideAccess } from '../conditions/access-decision';
import { bytesLeft } from '../conditions/condition-store';
import type { Target } from '../configuration/application';
import { connectTarget } from './application-connection';
import { BoxProblem } from './box-problem';
import type { BoxRequest } from './box-request';
import { Meter } from './meter';

/** Counted on disk at once in a transfer of unknown length; what a crash can cost of the permitted bytes. */
const SLICE_BYTES = 1024 * 1024;

/** Header fields that pass, in both directions; all others are this hop's own. */
const TO_DEVICE = ['accept', 'content-type', 'if-match', 'if-none-match', 'if-modified-since', 'range', 'if-range'];
const TO_CLIENT = ['content-type', 'etag', 'last-modified', 'content-range', 'accept-ranges'];
/** What a device says in a list (PROTOCOL.md, *Document box*). */
const boxList = z.object({ boxes: z.array(boxName) });
const documentList = z.object({
  documents: z.array(z.object({ name: boxName, bytes: z.int().nonnegative(), modifiedAt: instant })),
});

/** Refusals of the device that reach the client as they are; all others are the box's failure. */
const DEVICE_REFUSALS: Readonly<Record<number, ProblemCode>> = {
  404: 'not-found',
  409: 'conflict',
  412: 'conflict',
  413: 'too-large',
  416: 'invalid-request',
  507: 'storage-full',
};

export interface BoxTransferOptions {
  readonly deviceId: string;
  readonly asker: Asker;
  readonly target: Target;
  readonly access: AccessControl;
  /** Decides a request and counts its use. @throws BoxProblem access-denied */
  readonly admit: (asked: BoxRequest) => Promise<AccessCondition>;
  /** Records a denial. */
  readonly denied: (asked: BoxRequest, reason: Denial) => BoxProblem;
}

/** A permitted request on its way to the device: a request of the agent's own, and the answer to it. */
export class BoxTransfer {
  readonly #stopping = new AbortController();

  constructor(
    private readonly asked: BoxRequest,
    private condition: AccessCondition,
    private readonly options: BoxTransferOptions,
  ) {}

  /** Ends it if its condition was revoked or no longer applies. */
  check(): void {
    const reason = this.options.access.endOfCondition(this.condition.id);
    if (reason) this.#stopping.abort(new BoxProblem(403, 'access-denied', DENIALS[reason], { reason }));
  }

  stop(why: string): void {
    this.#stopping.abort(new BoxProblem(503, 'session-over', why));
  }

  /** @throws BoxProblem; the error of a connection */
  async forward(from: IncomingMessage, to: ServerResponse): Promise<void> {
    const { signal } = this.#stopping;
    // If the client leaves, so does the request at the device.
    to.once('close', () => this.stop('the client has left'));
    const outgoing = await this.#open(from, signal);
    try {
      const answered = once(outgoing, 'response', { signal }) as Promise<[IncomingMessage]>;
      answered.catch(() => undefined);
      const sent = this.#send(from, outgoing);
      // The device may refuse a document before it has received all of it.
      const first = await Promise.race([answered, sent.then(() => answered)]);
      await this.#reply(first[0], to);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      outgoing.destroy();
    }
  }

  async #open(from: IncomingMessage, signal: AbortSignal): Promise<ClientRequest> {
    const { asked } = this;
    const { target } = this.options;
    const socket = await connectTarget(target);
    signal.addEventListener('abort', () => socket.destroy());
    if (signal.aborted) socket.destroy();
    signal.throwIfAborted();
    const headers: Record<string, string | number> = { host: new URL(target.origin!).host, connection: 'close' };
    for (const name of TO_DEVICE) {
      const value = from.headers[name];
      if (typeof value === 'string') headers[name] = value;
    }
    if (asked.operation === 'put' && asked.bytes !== null) headers['content-length'] = asked.bytes;
    if (asked.operation === 'put' && asked.bytes === null) headers['transfer-encoding'] = 'chunked';
    const outgoing = httpRequest({
      createConnection: () => socket,
      method: asked.method,
      path: asked.path,
      headers,
      setHost: false,
      maxHeaderSize: LIMITS.BOX_HEADER_BYTES,
    });
    outgoing.on('error', () => undefined); // `once` and `pipeline` report it
    socket.setTimeout(LIMITS.BOX_STALL_MS, () => socket.destroy(new Error('no progress in time')));
    return outgoing;
  }

  async #send(from: IncomingMessage, to: ClientRequest): Promise<void> {
    const { asked } = this;
    if (asked.operation !== 'put') return void to.end();
    const { signal } = this.#stopping;
    if (asked.bytes !== null) return pipeline(from, to, { signal });
    const meter = this.#meter();
    try {
      await pipeline(from, meter, to, { signal });
    } catch (error) {
      throw meter.cut ?? error;
    }
  }

  async #reply(from: IncomingMessage, to: ServerResponse): Promise<void> {
    const { asked } = this;
    const status = from.statusCode ?? 0;
    const code = DEVICE_REFUSALS[status];
    if (code) throw new BoxProblem(status, code, `the document box answered ${status}`);
    if (asked.operation === 'list' && status === 200) return this.#list(from, to);
    const done = asked.operation === 'put' ? [200, 201, 204] : asked.operation === 'delete' ? [200, 204] : [];
    if (done.includes(status)) return void to.writeHead(status === 200 ? 204 : status).end();
    if (asked.operation !== 'get' || ![200, 206, 304].includes(status))
      throw new BoxProblem(502, 'device-offline', `the document box answered ${status}`);
    await this.#document(from, to);
  }

  async #list(from: IncomingMessage, to: ServerResponse): Promise<void> {
    const { asked } = this;
    const text = await readText(from);
    const schema = asked.box === null ? boxList : documentList;
    const { data } = schema.safeParse(parseJson(text));
    if (!data) throw new BoxProblem(502, 'device-offline', 'the document box sent no valid list');
    const listed = 'boxes' in data ? { boxes: data.boxes.filter((box) => this.#mayList(box)) } : data;
    const body = JSON.stringify(listed);
    to.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    to.end(asked.method === 'HEAD' ? undefined : body);
  }

  /** The list of all boxes has only those that may be listed. */
  #mayList(box: string): boolean {
    const { condition } = this;
    const { access, deviceId, asker } = this.options;
    // What this request has counted does not matter.
    const conditions = access.store.of(deviceId).map((each) => (each.id === condition.id ? condition : each));
    const listing = { asker, access: { kind: 'box', box, operation: 'list', bytes: null } } as const;
    return decideAccess(conditions, listing, access.store.now()).permitted;
  }

  async #document(from: IncomingMessage, to: ServerResponse): Promise<void> {
    const { asked } = this;
    const { signal } = this.#stopping;
    for (const name of TO_CLIENT) {
      const value = from.headers[name];
      if (typeof value === 'string') to.setHeader(name, value);
    }
    const length = from.headers['content-length'] === undefined ? null : Number(from.headers['content-length']);
    if (length !== null) to.setHeader('content-length', length);
    if (asked.method === 'HEAD' || from.statusCode === 304) return void to.writeHead(from.statusCode ?? 200).end();
    if (length === null) {
      const meter = this.#meter();
      await pipeline(from, meter, to.writeHead(from.statusCode ?? 200), { signal }).catch((error: unknown) => {
        throw meter.cut ?? error;
      });
      return;
    }
    if (!(await this.options.access.store.take(this.condition.id, length))) {
      this.check();
      signal.throwIfAborted();
      // Another condition may have enough left.
      this.condition = await this.options.admit({ ...asked, bytes: length });
    }
    await pipeline(from, to.writeHead(from.statusCode ?? 200), { signal });
  }

  #meter(): Meter {
    const { store } = this.options.access;
    const { id } = this.condition;
    return new Meter(
      async (bytes) => {
        const condition = store.find(id);
        const slice = Math.min(Math.max(bytes, SLICE_BYTES), condition ? bytesLeft(condition) : 0);
        return slice >= bytes && (await store.take(id, slice)) ? slice : 0;
      },
      (bytes) => store.giveBack(id, bytes),
      () => this.options.denied(this.asked, 'bytes'),
    );
  }
}

/** @throws BoxProblem if it is too long */
async function readText(from: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of from as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LIMITS.BOX_LIST_BYTES)
      throw new BoxProblem(502, 'device-offline', 'the list of the document box is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
