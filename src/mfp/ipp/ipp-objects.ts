import { requested, textOf, type IppCall, type IppReply } from './ipp-call';
import { ippEndpoint, type IppOperations } from './ipp-endpoint';
import { cancelJob, getJobAttributes, getJobs, printJob, validateJob } from './job-operations';
import { printerAttributes } from './printer-attributes';

const PRINTER_OPERATIONS: IppOperations = {
  'Print-Job': printJob,
  'Validate-Job': validateJob,
  'Cancel-Job': cancelJob,
  'Get-Job-Attributes': getJobAttributes,
  'Get-Jobs': getJobs,
  'Get-Printer-Attributes': ({ exchange, operation }) => ({
    groups: [{ group: 'printer', attributes: requested(printerAttributes(exchange, PRINTER_OPERATIONS), operation) }],
  }),
  'Restart-Printer': restart,
  'Identify-Printer': ({ exchange, operation }) => {
    exchange.machine.identify(textOf(operation, 'message')?.slice(0, 127) ?? '');
    return {};
  },
};

/** `POST /ipp/print`, and the URIs of its jobs: the printer (RFC 8011, RFC 3998, PWG 5100.13). */
export const printerObject = ippEndpoint(PRINTER_OPERATIONS);

/** `POST /ipp/system`: the whole device (PWG 5100.22). */
export const systemObject = ippEndpoint({ 'Restart-System': restart });

function restart({ exchange: { machine } }: IppCall): IppReply {
  return { afterwards: () => machine.restart() };
}
