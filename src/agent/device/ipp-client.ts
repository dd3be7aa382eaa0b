import type { IncomingMessage } from 'node:http';
import { IppMalformed } from '../../ipp/ipp.errors';
import {
  attributesOf,
  decodeIpp,
  encodeIpp,
  IPP_VERSION,
  type DecodedIpp,
  type IppAttribute,
} from '../../ipp/ipp-message';
import { IPP_OPERATIONS, IPP_STATUS, isSuccessful, statusName, type IppOperation } from '../../ipp/ipp-registry';
import { LIMITS } from '../../protocol/limits';
import { withTimeLimit } from '../../tunnel/time-limit';
import type { IppAddress } from '../configuration/device-address';
import { checkLogin, DeviceConnection, deviceError, openRequest, readAnswer, responseTo } from './device-connection';
import { DeviceRefused, DeviceUnreachable, OperationUnsupported } from './device-access';
import type { HttpLogin } from './http-login';
import { cleanLine } from './attribute-text';

/** Path of the System object (PWG 5100.22 4.1.1). */
const SYSTEM_PATH = '/ipp/system';
const USER = 'platen-agent';
/** They change nothing, so one may be sent again. */
const QUERIES: readonly IppOperation[] = ['Get-Printer-Attributes'];

/**
 * Client of one IPP printer. Requests wait for each other: many printers answer one at a time, and some mix up two. Queries
 * share one persistent connection; what must not be done twice has a connection of its own, because an idle one may be
 * closing at this moment. Answers are limited in time and size.
 */
export class IppClient {
  private requestId = 0;
  private readonly turns = new Turns(LIMITS.DEVICE_REQUESTS);
  private readonly connection: DeviceConnection;

  constructor(
    private readonly address: IppAddress,
    private readonly login?: HttpLogin,
  ) {
    this.connection = new DeviceConnection(address);
  }

  /** @throws DeviceUnreachable, DeviceRefused, OperationUnsupported */
  printer(
    operation: IppOperation,
    { attributes = [], data }: { attributes?: readonly IppAttribute[]; data?: Buffer } = {},
    signal?: AbortSignal,
  ): Promise<DecodedIpp> {
    return this.ask(operation, this.address, [['uri', 'printer-uri', this.address.uri], ...attributes], data, signal);
  }

  /** Requests to the System object. @throws as above */
  system(operation: IppOperation, signal?: AbortSignal): Promise<DecodedIpp> {
    const uri = new URL(SYSTEM_PATH, this.address.uri).href;
    return this.ask(operation, { ...this.address, path: SYSTEM_PATH }, [['uri', 'system-uri', uri]], undefined, signal);
  }

  private async ask(
    operation: IppOperation,
    address: IppAddress,
    attributes: readonly IppAttribute[],
    data: Buffer | undefined,
    signal: AbortSignal | undefined,
  ): Promise<DecodedIpp> {
    const requestId = (this.requestId = (this.requestId % 0x7fffffff) + 1);
    const [target, ...others] = attributes;
    const common: IppAttribute[] = [
      // RFC 8011 4.1.4 and 4.1.5: in this order, before all others.
      ['charset', 'attributes-charset', 'utf-8'],
      ['naturalLanguage', 'attributes-natural-language', 'en'],
      target!,
      ['name', 'requesting-user-name', USER],
    ];
    const body = encodeIpp({
      version: IPP_VERSION,
      code: IPP_OPERATIONS[operation],
      requestId,
      groups: [{ group: 'operation', attributes: [...common, ...others] }],
      data,
    });
    const mayRepeat = QUERIES.includes(operation);
    const bytes = await this.turns.take(signal, () => this.post(address, body, mayRepeat, signal));
    return answerOf(operation, requestId, bytes);
  }

  private async post(address: IppAddress, body: Buffer, mayRepeat: boolean, signal?: AbortSignal): Promise<Buffer> {
    const { login } = this;
    try {
      return await withTimeLimit(LIMITS.DEVICE_ANSWER_MS, signal, async (until) => {
        const send = (authorization?: string) => this.postOnce(address, body, mayRepeat, authorization, until);
        return login ? login.authenticate({ address, method: 'POST' }, send) : send();
      });
    } catch (error) {
      throw deviceError(error, signal);
    }
  }

  private async postOnce(
    address: IppAddress,
    body: Buffer,
    mayRepeat: boolean,
    authorization: string | undefined,
    signal: AbortSignal,
  ): Promise<Buffer> {
    const type = { 'content-type': 'application/ipp', 'content-length': body.length };
    const headers = { ...type, ...(authorization !== undefined && { authorization }) };
    const connection = mayRepeat ? this.connection : undefined;
    const request = await openRequest(address, { method: 'POST', headers }, signal, connection);
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
        return this.postOnce(address, body, mayRepeat, authorization, signal);
      throw error;
    }
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
  if (statusCode === 404) throw new OperationUnsupported('the path does not exist on the device (HTTP 404)');
  if (statusCode === 426) throw new DeviceRefused('the device requires TLS: use ipps:// (HTTP 426)');
  if (statusCode !== 200) throw new DeviceRefused(`the device answered with HTTP ${statusCode}`);
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/ipp') throw new DeviceRefused("the device's answer is not IPP");
}

function answerOf(operation: IppOperation, requestId: number, bytes: Buffer): DecodedIpp {
  const answer = decoded(bytes);
  if (answer.requestId !== requestId) throw new DeviceRefused("the device's answer is for another request");
  if (isSuccessful(answer.code)) return answer;
  if (isUnknown(operation, answer.code)) throw new OperationUnsupported(`the device does not support ${operation}`);
  const words = attributesOf(answer, 'operation').get('status-message')?.[0];
  const text = typeof words === 'string' && words !== statusName(answer.code) ? `: ${cleanLine(words, 200)}` : '';
  throw new DeviceRefused(`the device answered ${operation} with ${statusName(answer.code)}${text}`);
}

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
    throw new DeviceRefused(`the device's answer is not IPP: ${error.message}`, { cause: error });
  }
}
