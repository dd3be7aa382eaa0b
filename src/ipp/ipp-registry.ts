import { CONSTANTS, STATUS_CODES } from 'ipp-encoder';

/** Operation IDs (RFC 8011 5.4.15, IANA's IPP registrations). */
export const IPP_OPERATIONS = {
  'Print-Job': 0x02,
  'Validate-Job': 0x04,
  'Cancel-Job': 0x08,
  'Get-Job-Attributes': 0x09,
  'Get-Jobs': 0x0a,
  'Get-Printer-Attributes': 0x0b,
  /** RFC 3380. */
  'Set-Printer-Attributes': 0x13,
  /** RFC 3998 3.5.1: restarts the printer at the URI. */
  'Restart-Printer': 0x29,
  /** PWG 5100.13 5.1. */
  'Identify-Printer': 0x3c,
  /** PWG 5100.22 6.3.11: restarts the whole device, at /ipp/system. */
  'Restart-System': 0x60,
} as const;
export type IppOperation = keyof typeof IPP_OPERATIONS;

/** Status codes in use (RFC 8011 B.1). */
export const IPP_STATUS = {
  'successful-ok': 0x0000,
  'client-error-bad-request': 0x0400,
  'client-error-not-possible': 0x0404,
  'client-error-not-found': 0x0406,
  'client-error-document-format-not-supported': 0x040a,
  'client-error-attributes-or-values-not-supported': 0x040b,
  'client-error-charset-not-supported': 0x040d,
  'client-error-compression-not-supported': 0x040f,
  /** RFC 3380. */
  'client-error-attributes-not-settable': 0x0413,
  'server-error-internal-error': 0x0500,
  'server-error-operation-not-supported': 0x0501,
  'server-error-service-unavailable': 0x0502,
  'server-error-version-not-supported': 0x0503,
  'server-error-busy': 0x0507,
} as const;
export type IppStatus = keyof typeof IPP_STATUS;

/** RFC 8011 B.1.1 and B.1.2: whether the operation was carried out. */
export const isSuccessful = (status: number): boolean => status < 0x0100;

/** Keyword of a status code, or its number if it is unknown. */
export const statusName = (status: number): string =>
  STATUS_CODES[status] ?? `status 0x${status.toString(16).padStart(4, '0')}`;

/** Delimiter tags of the groups (RFC 8010 3.5.1). */
export const GROUPS = { operation: 0x01, job: 0x02, printer: 0x04, unsupported: 0x05, system: 0x0a } as const;
export type GroupName = keyof typeof GROUPS;

/** Syntaxes of values (RFC 8010 3.5.2). */
export const SYNTAXES = {
  integer: CONSTANTS.INTEGER!,
  boolean: CONSTANTS.BOOLEAN!,
  enum: CONSTANTS.ENUM!,
  octetString: CONSTANTS.OCTET_STRING!,
  text: CONSTANTS.TEXT_WITHOUT_LANG!,
  name: CONSTANTS.NAME_WITHOUT_LANG!,
  keyword: CONSTANTS.KEYWORD!,
  uri: CONSTANTS.URI!,
  charset: CONSTANTS.CHARSET!,
  naturalLanguage: CONSTANTS.NATURAL_LANG!,
  mimeMediaType: CONSTANTS.MIME_MEDIA_TYPE!,
} as const;
export type Syntax = keyof typeof SYNTAXES;
