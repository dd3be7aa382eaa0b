import type { IncomingMessage } from 'node:http';
import { IppMalformed } from '../../ipp/ipp.errors';
import {
  attributesOf,
  decodeIpp,
  encodeIpp,
  IPP_VERSION,
  type DecodedIpp,
  type IppAttribute,
  type IppVersion,
} from '../../ipp/ipp-message';
import { IPP_OPERATIONS, IPP_STATUS, isSuccessful, statusName, type IppOperation } from '../../ipp/ipp-registry';
import { LIMITS } from '../../protocol/limits';
import { withTimeLimit } from '../../tunnel/time-limit';
import type { IppAddress } from '../configuration/device-address';
import { cleanLine } from './attribute-text';
import { DeviceRefused, DeviceUnreachable, OperationUnsupported } from './device-access';
import { checkLogin, DeviceConnection, deviceError, openRequest, readAnswer, responseTo } from './device-connection';
import { Moved, placeAfter, placesOf } from './ipp-place';
import type { HttpLogin } from './http-login';

/** Path of the System object (PWG 5100.22 4.1.1). */
const SYSTEM_PATH = '/ipp/system';
const USER = 'platen-agent';
/** They change nothing, so one may be sent again. */
const QUERIES: readonly IppOperation[] = ['Get-Printer-Attributes'];
/** In the order in which they are tried if the printer refuses one (RFC 8011 4.1.8). */
const VERSIONS: readonly IppVersion[] = [IPP_VERSION, { major: 2, minor: 0 }, { major: 1, minor: 0 }];
/** Redirections and changes to TLS on the way to one answer. */
const MOVES = 3;

interface Ask {
  readonly operation: IppOperation;
  /** The object that the operation is for. */
  readonly target: 'printer-uri' | 'system-uri';
  readonly attributes: readonly IppAttribute[];
  /** Of the printer, to be set. */
  readonly printer?: readonly IppAttribute[];
  readonly data?: Buffer;
}

/**
 * Client of one IPP printer. Requests wait for each other: many printers answer one at a time, and some mix up two. Queries
 * share one persistent connection; what must not be done twice has a connection of its own, because an idle one may be
 * closing at this moment. Answers are limited in time and size. Where the printer really answers, and in which version, is
 * found out with the first request.
 */
export class IppClient {
  private requestId = 0;
  private readonly turns = new Turns(LIMITS.DEVICE_REQUESTS);
  private connection: DeviceConnection | undefined;
  /** Where the printer has answered. */
  private found: IppAddress | undefined;
  private version = IPP_VERSION;

  constructor(
    private readonly address: IppAddress,
    private readonly login?: HttpLogin,
  ) {}

  /** @throws DeviceUnreachable, DeviceRefused, OperationUnsupported */
  printer(
    operation: IppOperation,
    { attributes = [], printer, data }: { attributes?: readonly IppAttribute[] } & Pick<Ask, 'printer' | 'data'> = {},
    signal?: AbortSignal,
  ): Promise<DecodedIpp> {
    return this.turns.take(signal, () =>
      this.find({ operation, target: 'printer-uri', attributes, printer, data }, signal),
    );
  }

  /** Requests to the System object. @throws as above */
  system(operation: IppOperation, signal?: AbortSignal): Promise<DecodedIpp> {
    const { found = this.address } = this;
    const place = { ...found, path: SYSTEM_PATH, uri: new URL(SYSTEM_PATH, found.uri).href };
    return this.turns
      .take(signal, () => this.ask(place, { operation, target: 'system-uri', attributes: [] }, signal))
      .catch((error: unknown) => {
        if (!(error instanceof DeviceRefused) || error.problem !== 'wrong-path') throw error;
        throw new OperationUnsupported(error.message, { cause: error });
      });
  }

  /** Asks where the printer has answered before, or at all places where it may be. */
  private async find(ask: Ask, signal?: AbortSignal): Promise<DecodedIpp> {
    const places = this.found ? [this.found] : placesOf(this.address);
    for (const [index, place] of places.entries()) {
      try {
        return await this.follow(place, ask, signal);
      } catch (error) {
        const problem = error instanceof DeviceRefused ? error.problem : 'unreachable';
        if (problem !== 'refused') this.found = undefined;
        const elsewhere = problem === 'wrong-path' || problem === 'not-a-printer';
        if (!elsewhere || places.length === 1) throw error;
        if (index === places.length - 1) throw notFound(places, error as Error);
      }
    }
    throw new Error('there is always a place');
  }

  /** Asks at a place, and where the device sends the request from there. */
  private async follow(place: IppAddress, ask: Ask, signal?: AbortSignal, moves = 0): Promise<DecodedIpp> {
    const answer = await this.ask(place, ask, signal).catch((error: unknown) => {
      if (error instanceof Moved) return error;
      throw error;
    });
    if (!(answer instanceof Moved)) {
      this.found = place;
      return answer;
    }
    if (moves === MOVES) throw new DeviceRefused('the device redirects every request', { problem: 'wrong-path' });
    return this.follow(placeAfter(place, answer), ask, signal, moves + 1).catch((error: unknown) => {
      if (answer.status !== 426 || !(error instanceof DeviceRefused) || error.problem !== 'tls-failed') throw error;
      const message = `the device requires TLS (HTTP 426), but ${error.message}. Write its ipps address in "ipp"`;
      throw new DeviceRefused(message, { problem: 'tls-failed', cause: error });
    });
  }

  /** Asks in the version that the printer has accepted before, and in the others if it refuses this one. */
  private async ask(place: IppAddress, ask: Ask, signal?: AbortSignal): Promise<DecodedIpp> {
    for (const version of [this.version, ...VERSIONS.filter((each) => each !== this.version)]) {
      const answer = await this.exchange(place, version, ask, signal);
      if (answer.code === IPP_STATUS['server-error-version-not-supported']) continue;
      this.version = version;
      return checked(ask.operation, answer);
    }
    const tried = VERSIONS.map(({ major, minor }) => `${major}.${minor}`).join(', ');
    throw new DeviceRefused(`the device supports none of the IPP versions ${tried}`, {
      problem: 'protocol-unsupported',
    });
  }

  private async exchange(
    place: IppAddress,
    version: IppVersion,
    { operation, target, attributes, printer, data }: Ask,
    signal?: AbortSignal,
  ): Promise<DecodedIpp> {
    const requestId = (this.requestId = (this.requestId % 0x7fffffff) + 1);
    const body = encodeIpp({
      version,
      code: IPP_OPERATIONS[operation],
      requestId,
      groups: [
        {
          group: 'operation',
          attributes: [
            // RFC 8011 4.1.4 and 4.1.5: in this order, before all others.
            ['charset', 'attributes-charset', 'utf-8'],
            ['naturalLanguage', 'attributes-natural-language', 'en'],
            ['uri', target, place.uri],
            ['name', 'requesting-user-name', USER],
            ...attributes,
          ],
        },
        ...(printer ? [{ group: 'printer', attributes: printer } as const] : []),
      ],
      data,
    });
    const answer = decoded(await this.post(place, body, QUERIES.includes(operation), signal));
    // Requests wait for each other, so an answer without an ID can only be that to this one.
    if (answer.requestId === requestId || answer.requestId === 0) return answer;
    throw new DeviceRefused("the device's answer is for another request", { problem: 'invalid-answer' });
  }

  private async post(place: IppAddress, body: Buffer, mayRepeat: boolean, signal?: AbortSignal): Promise<Buffer> {
    const { login } = this;
    try {
      return await withTimeLimit(LIMITS.DEVICE_ANSWER_MS, signal, async (until) => {
        const send = (authorization?: string) => this.postOnce(place, body, mayRepeat, authorization, until);
        // A password in clear text needs TLS by the configuration: a device that asks for TLS proves no key.
        const address = { ...place, tls: this.address.tls };
        return login ? login.authenticate({ address, method: 'POST' }, send) : send();
      });
    } catch (error) {
      throw error instanceof Moved ? error : deviceError(error, signal);
    }
  }

  private async postOnce(
    place: IppAddress,
    body: Buffer,
    mayRepeat: boolean,
    authorization: string | undefined,
    signal: AbortSignal,
  ): Promise<Buffer> {
    const type = { 'content-type': 'application/ipp', 'content-length': body.length };
    const headers = { ...type, ...(authorization !== undefined && { authorization }) };
    const connection = mayRepeat ? this.connectionTo(place) : undefined;
    const request = await openRequest(place, { method: 'POST', headers }, signal, connection);
    let isAnswered = false;
    try {
      const answered = responseTo(request);
      request.end(body);
      const response = await answered;
      isAnswered = true;
      checkHttp(response);
      const answer = await readAnswer(response);
      signal.throwIfAborted(); // without Content-Length, a cut answer looks complete
      if (!connection) request.destroy();
      return answer;
    } catch (error) {
      request.destroy();
      // the device closed the idle connection while the request was sent
      if (!isAnswered && request.reusedSocket && !signal.aborted)
        return this.postOnce(place, body, mayRepeat, authorization, signal);
      throw error;
    }
  }

  private connectionTo(place: IppAddress): DeviceConnection {
    if (!this.connection?.isTo(place)) {
      this.connection?.destroy();
      this.connection = new DeviceConnection(place);
    }
    return this.connection;
  }
}

/** Gives one caller after the other its turn. */
class Turns {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  /** @param most that may wait or have their turn */
  constructor(private readonly most: number) {}

  /** @throws DeviceUnreachable if too many wait; the reason of the signal if it aborts before the turn */
  async take<T>(signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
    if (this.waiting >= this.most) throw new DeviceUnreachable('too many requests to the device are waiting');
    this.waiting += 1;
    const turn = this.last.then(() => {
      signal?.throwIfAborted();
      return run();
    });
    this.last = turn.catch(() => undefined).finally(() => (this.waiting -= 1));
    return turn;
  }
}

/** RFC 8010 4: any other answer than 200 with IPP comes from the device's web server, not from its printer. */
function checkHttp(response: IncomingMessage): void {
  checkLogin(response);
  const { statusCode = 0, headers } = response;
  if (statusCode === 426 || [301, 302, 307, 308].includes(statusCode)) throw new Moved(statusCode, headers.location);
  if ([404, 410].includes(statusCode))
    throw new DeviceRefused(`the path does not exist on the device (HTTP ${statusCode})`, { problem: 'wrong-path' });
  if ([405, 501].includes(statusCode))
    throw new DeviceRefused(`the device takes no requests at this path (HTTP ${statusCode})`, {
      problem: 'wrong-path',
    });
  if (statusCode !== 200)
    throw new DeviceRefused(`the device answered with HTTP ${statusCode}`, {
      mayAnswerLess: [400, 413, 500].includes(statusCode),
    });
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (!['application/ipp', 'application/octet-stream', ''].includes(type))
    throw new DeviceRefused(`the device's answer is not IPP but ${cleanLine(type, 60)}`, { problem: 'not-a-printer' });
}

/** @throws OperationUnsupported, DeviceRefused if the operation was not carried out */
function checked(operation: IppOperation, answer: DecodedIpp): DecodedIpp {
  const { code } = answer;
  if (isSuccessful(code)) return answer;
  if (isUnknown(operation, code)) throw new OperationUnsupported(`the device does not support ${operation}`);
  const words = attributesOf(answer, 'operation').get('status-message')?.[0];
  const text = typeof words === 'string' && words !== statusName(code) ? `: ${cleanLine(words, 200)}` : '';
  throw new DeviceRefused(`the device answered ${operation} with ${statusName(code)}${text}`, {
    problem: code === IPP_STATUS['client-error-not-found'] && QUERIES.includes(operation) ? 'wrong-path' : 'refused',
    mayAnswerLess: !LATER.some((each) => each === code),
  });
}

/** The same request may succeed later. */
const LATER = [IPP_STATUS['server-error-busy'], IPP_STATUS['server-error-service-unavailable']] as const;

/** A printer without a System object may treat such a request as an invalid request to the printer. */
function isUnknown(operation: IppOperation, status: number): boolean {
  if (status === IPP_STATUS['server-error-operation-not-supported']) return true;
  const unsupported = [IPP_STATUS['client-error-bad-request'], IPP_STATUS['client-error-not-found']];
  return operation === 'Restart-System' && unsupported.some((each) => each === status);
}

function decoded(bytes: Buffer): DecodedIpp {
  try {
    return decodeIpp(bytes);
  } catch (error) {
    if (!(error instanceof IppMalformed)) throw error;
    throw new DeviceRefused(`the device's answer is not IPP: ${error.message}`, {
      problem: 'invalid-answer',
      mayAnswerLess: true,
      cause: error,
    });
  }
}

function notFound(places: readonly IppAddress[], cause: Error): DeviceRefused {
  const paths = places.map(({ path }) => path).join(', ');
  const message = `the device has no printer at ${paths} (${cause.message}): write the path in "ipp"`;
  return new DeviceRefused(message, { problem: 'not-a-printer', cause });
}
