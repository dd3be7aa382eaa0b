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
import { checkLogin, deviceError, openRequest, readAnswer, responseTo } from './device-connection';
import { DeviceRefused, OperationUnsupported } from './device-access';
import type { HttpLogin } from './http-login';
import { cleanLine } from './attribute-text';

/** Path of the System object (PWG 5100.22 4.1.1). */
const SYSTEM_PATH = '/ipp/system';
const USER = 'platen-agent';

/** Client of one IPP printer, with one connection per request. Answers are limited in time and size. */
export class IppClient {
  private requestId = 0;

  constructor(
    private readonly address: IppAddress,
    private readonly login?: HttpLogin,
  ) {}

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
    return answerOf(operation, requestId, await post(address, body, this.login, signal));
  }
}

async function post(
  address: IppAddress,
  body: Buffer,
  login: HttpLogin | undefined,
  signal?: AbortSignal,
): Promise<Buffer> {
  try {
    return await withTimeLimit(LIMITS.DEVICE_ANSWER_MS, signal, async (until) => {
      const send = (authorization?: string) => postOnce(address, body, authorization, until);
      return login ? login.authenticate({ address, method: 'POST' }, send) : send();
    });
  } catch (error) {
    throw deviceError(error, signal);
  }
}

async function postOnce(
  address: IppAddress,
  body: Buffer,
  authorization: string | undefined,
  signal: AbortSignal,
): Promise<Buffer> {
  const type = { 'content-type': 'application/ipp', 'content-length': body.length };
  const headers = { ...type, ...(authorization !== undefined && { authorization }) };
  const request = await openRequest(address, { method: 'POST', headers }, signal);
  try {
    const answered = responseTo(request);
    request.end(body);
    const response = await answered;
    checkHttp(response);
    const answer = await readAnswer(response);
    signal.throwIfAborted(); // without Content-Length, a cut answer looks complete
    return answer;
  } finally {
    request.destroy();
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
