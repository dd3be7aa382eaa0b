import { FUNCTIONS } from '../../protocol/device-kinds';
import type { Exchange, Handler } from '../web/exchange';
import { requested, textOf, type IppCall, type IppReply } from './ipp-call';
import { ippEndpoint, type IppOperations } from './ipp-endpoint';
import { cancelJob, getJobAttributes, getJobs, printJob, validateJob } from './job-operations';
import { printerAttributes } from './printer-attributes';
import { setPrinterAttributes } from './set-printer-attributes';

const COMMON: IppOperations = {
  'Cancel-Job': cancelJob,
  'Get-Job-Attributes': getJobAttributes,
  'Get-Jobs': getJobs,
  'Get-Printer-Attributes': ({ exchange, operation }) => {
    const attributes = printerAttributes(exchange, operationsOf(exchange));
    return { groups: [{ group: 'printer', attributes: requested(attributes, operation) }] };
  },
  'Set-Printer-Attributes': setPrinterAttributes,
  'Restart-Printer': restart,
  'Identify-Printer': ({ exchange, operation }) => {
    exchange.machine.identify(textOf(operation, 'message')?.slice(0, 127) ?? '');
    return {};
  },
};

const PRINTING: IppOperations = { 'Print-Job': printJob, 'Validate-Job': validateJob, ...COMMON };

/** Only what prints accepts documents. */
const operationsOf = ({ machine }: Exchange): IppOperations =>
  FUNCTIONS[machine.identity.kind].includes('print') ? PRINTING : COMMON;

const printing = ippEndpoint(PRINTING);
const others = ippEndpoint(COMMON);

/**
 * `POST /ipp/print`, and the URIs of its jobs: the printer (RFC 8011, RFC 3998, PWG 5100.13). What does not print reports its
 * state there, and refuses documents as an operation that is not supported.
 */
export const printerObject: Handler = (exchange) => (operationsOf(exchange) === PRINTING ? printing : others)(exchange);

/** `POST /ipp/system`: the whole device (PWG 5100.22). */
export const systemObject = ippEndpoint({ 'Restart-System': restart });

/** @throws LoginRequired: answered by HTTP, not by IPP (RFC 9110 15.5.2) */
function restart({ exchange: { machine, request, deviceLogin } }: IppCall): IppReply {
  deviceLogin?.require(request);
  return { afterwards: () => machine.restart() };
}
