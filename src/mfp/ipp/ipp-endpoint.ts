import { IppMalformed } from '../../ipp/ipp.errors';
import { attributesOf, encodeIpp, type DecodedIpp, type IppAttribute, type IppGroup } from '../../ipp/ipp-message';
import { IPP_OPERATIONS, IPP_STATUS, type IppStatus } from '../../ipp/ipp-registry';
import { IppRefusal, textOf, type IppHandler, type IppReply } from './ipp-call';
import { receiveIpp, type IppRequest } from './ipp-request';
import type { Exchange, Handler } from '../web/exchange';

export type IppOperations = Readonly<Partial<Record<keyof typeof IPP_OPERATIONS, IppHandler>>>;

/** `POST` of an IPP object's URI: one operation of RFC 8011 and its extensions. */
export const ippEndpoint =
  (operations: IppOperations): Handler =>
  async (exchange) => {
    const start = await receiveIpp(exchange);
    const version = { major: start.bytes[0]!, minor: start.bytes[1]! };
    const answer = (status: IppStatus, text: string, groups: readonly IppGroup[] = []): void => {
      const common: IppAttribute[] = [
        ['charset', 'attributes-charset', 'utf-8'],
        ['naturalLanguage', 'attributes-natural-language', 'en'],
        ['text', 'status-message', text],
      ];
      send(exchange, {
        // RFC 8011 4.1.8: in the version of the request, if that version exists
        version: isKnown(version) ? version : { major: 1, minor: 1 },
        code: IPP_STATUS[status],
        requestId: start.bytes.readInt32BE(4),
        groups: [{ group: 'operation', attributes: common }, ...groups],
      });
    };
    try {
      if (!isKnown(version)) throw new IppRefusal('server-error-version-not-supported');
      const { groups, afterwards } = await perform(operations, exchange, start.read());
      if (afterwards) exchange.response.once('close', afterwards);
      answer('successful-ok', 'successful-ok', groups);
    } catch (error) {
      if (error instanceof IppMalformed) answer('client-error-bad-request', error.message);
      else if (error instanceof IppRefusal) answer(error.status, error.message);
      else throw error;
    }
  };

const isKnown = ({ major }: DecodedIpp['version']): boolean => major === 1 || major === 2;

async function perform(
  operations: IppOperations,
  exchange: Exchange,
  { message, document }: IppRequest,
): Promise<IppReply> {
  const operation = attributesOf(message, 'operation');
  checkOperationAttributes(message, operation);
  const name = (Object.keys(operations) as (keyof IppOperations)[]).find((one) => IPP_OPERATIONS[one] === message.code);
  const handler = name && operations[name];
  if (!handler) throw new IppRefusal('server-error-operation-not-supported');
  const [job, printer] = [attributesOf(message, 'job'), attributesOf(message, 'printer')];
  return handler({ exchange, operation, job, printer, document });
}

/** RFC 8011 4.1.4 and 4.1.5: charset and language come first, then the target. */
function checkOperationAttributes({ groups, requestId }: DecodedIpp, operation: ReturnType<typeof attributesOf>): void {
  const [first, second] = groups[0]?.attributes.keys() ?? [];
  if (first !== 'attributes-charset' || second !== 'attributes-natural-language' || requestId < 1)
    throw new IppRefusal('client-error-bad-request', 'charset, natural language and request-id are needed');
  if (!['utf-8', 'us-ascii'].includes(textOf(operation, first)?.toLowerCase() ?? ''))
    throw new IppRefusal('client-error-charset-not-supported');
  if (!['printer-uri', 'job-uri', 'system-uri'].some((name) => textOf(operation, name) !== undefined))
    throw new IppRefusal('client-error-bad-request', 'the request names no target');
}

function send({ request, response }: Exchange, message: Parameters<typeof encodeIpp>[0]): void {
  const body = encodeIpp(message);
  // the rest of a refused body is not read, so the connection ends with the answer
  if (!request.complete) response.setHeader('Connection', 'close');
  response.writeHead(200, {
    'Content-Type': 'application/ipp',
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
  });
  response.end(body);
}
