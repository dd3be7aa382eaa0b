import type { IppAttribute } from '../../ipp/ipp-message';
import { FUNCTIONS, usesPaper, type DeviceFunction } from '../../protocol/device-kinds';
import { IPP_OPERATIONS } from '../../ipp/ipp-registry';
import { sha256Hex } from '../../tunnel/sha256';
import { DOCUMENT_FORMATS } from './document-pages';
import { conditionAttributes } from './printer-condition';
import { SETTABLE, settableAttributes } from './set-printer-attributes';
import { MEDIA_NAMES } from '../machine/memory';
import type { IppOperations } from './ipp-endpoint';
import type { Exchange } from '../web/exchange';
import { hostOf } from '../web/same-origin';

/** Every attribute of the printer (RFC 8011 5.4, PWG 5100.9, 5100.11, 5100.13). */
export function printerAttributes(exchange: Exchange, operations: IppOperations): IppAttribute[] {
  const { identity, memory, startedAt } = exchange.machine;
  const { settings, jobs } = memory;
  const open = jobs.filter(({ result }) => result === 'waiting' || result === 'printing').length;
  return [
    ...conditionAttributes(exchange.machine),
    ...counterAttributes(exchange),
    ['boolean', 'printer-is-accepting-jobs', true],
    ['integer', 'queued-job-count', open],
    ['integer', 'printer-up-time', Math.max(1, Math.floor((Date.now() - startedAt) / 1000))],
    ...settableAttributes(exchange.machine),
    ['keyword', 'printer-settable-attributes-supported', Object.keys(SETTABLE)],
    ['text', 'printer-make-and-model', identity.product],
    ['text', 'printer-device-id', `MFG:Platen;MDL:${identity.product};CMD:PDF,JPEG;SN:${identity.serialNumber};`],
    ['text', 'printer-serial-number', identity.serialNumber],
    ['name', 'printer-firmware-name', 'System'],
    ['text', 'printer-firmware-string-version', memory.firmware],
    ['uri', 'printer-uuid', uuidOf(identity.serialNumber)],
    ['uri', 'printer-more-info', `http://${hostOf(exchange.request)}/status`],
    ['keyword', 'media-ready', [settings.tray1, settings.tray2].map((size) => MEDIA_NAMES[size])],
    ['boolean', 'color-supported', true],
    ['keyword', 'identify-actions-supported', ['display']],
    ['keyword', 'identify-actions-default', ['display']],
    ['uri', 'printer-uri-supported', printerUri(exchange)],
    ['keyword', 'uri-security-supported', 'none'],
    ['keyword', 'uri-authentication-supported', 'none'],
    ['keyword', 'ipp-versions-supported', ['1.1', '2.0']],
    ['enum', 'operations-supported', operationCodes(operations)],
    ['mimeMediaType', 'document-format-supported', DOCUMENT_FORMATS],
    ['mimeMediaType', 'document-format-default', 'application/octet-stream'],
    ['keyword', 'compression-supported', 'none'],
    ['keyword', 'pdl-override-supported', 'attempted'],
    ['boolean', 'multiple-document-jobs-supported', false],
    ['charset', 'charset-configured', 'utf-8'],
    ['charset', 'charset-supported', ['utf-8', 'us-ascii']],
    ['naturalLanguage', 'natural-language-configured', 'en'],
    ['naturalLanguage', 'generated-natural-language-supported', 'en'],
  ];
}

export const printerUri = (exchange: Exchange): string => `ipp://${hostOf(exchange.request)}/ipp/print`;

/** The last three counters are not standard, but are named like standard ones. */
function counterAttributes({ machine: { identity, memory, status } }: Exchange): IppAttribute[] {
  const { kind } = identity;
  const { copies, scans, faxesSent, faxesReceived } = memory.counters;
  const pages: IppAttribute[] = [
    ['integer', 'printer-impressions-completed', status.pagesTotal],
    ['integer', 'printer-media-sheets-completed', status.pagesTotal],
    ['integer', 'printer-pages-completed', status.pagesTotal],
  ];
  const counts: Readonly<Record<DeviceFunction, IppAttribute[]>> = {
    print: [],
    copy: [['integer', 'printer-copies-completed', copies]],
    scan: [['integer', 'printer-scans-completed', scans]],
    fax: [['integer', 'printer-faxes-completed', faxesSent + faxesReceived]],
  };
  return [...(usesPaper(kind) ? pages : []), ...FUNCTIONS[kind].flatMap((each) => counts[each])];
}

const operationCodes = (operations: IppOperations): number[] =>
  (Object.keys(operations) as (keyof IppOperations)[]).map((name) => IPP_OPERATIONS[name]);

/** The same at each start of one machine (RFC 9562 5.8). */
function uuidOf(serialNumber: string): string {
  const hex = sha256Hex(serialNumber);
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
