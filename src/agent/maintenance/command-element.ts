import { xml, type Element } from '@xmpp/client';
import {
  NS_COMMANDS,
  NS_DATA,
  NS_MAINTENANCE,
  nodeOf,
  operationOf,
  readOrder,
  reportFields,
  type FormFields,
  type JobOrder,
  type JobReport,
} from '../../protocol/ad-hoc-command';
import { LIMITS } from '../../protocol/limits';
import type { Operation } from '../../protocol/maintenance';
import { NS_STANZAS } from '../channel/json-container';
import { CommandRefused, type CommandRefusal } from './maintenance.errors';

/** For the stanza around the command: JIDs and ID. */
const ENVELOPE_BYTES = 1024;

export type Command =
  | { readonly action: 'execute'; readonly order: JobOrder }
  | { readonly action: 'next' | 'cancel'; readonly operation: Operation; readonly jobId: string };

/** Reads a `<command>` (XEP-0050) with its data form (XEP-0004). @throws CommandRefused */
export function readCommand(element: Element): Command {
  const { node = '', action = 'execute', sessionid: jobId } = element.attrs;
  const operation = operationOf(node);
  if (!operation) throw new CommandRefused('item-not-found');
  if (action === 'next' || action === 'cancel') {
    if (jobId === undefined) throw new CommandRefused('bad-sessionid');
    return { action, operation, jobId };
  }
  if (action !== 'execute') throw new CommandRefused('bad-action');
  // Within a session, `execute` means the default action, which is `next` (XEP-0050 3.4).
  if (jobId !== undefined) return { action: 'next', operation, jobId };
  const order = readOrder(operation, formFields(element.getChild('x', NS_DATA)));
  const complete =
    order &&
    (order.firmware !== undefined) === (operation === 'firmware-install') &&
    (order.settings !== undefined) === (operation === 'settings-set') &&
    (order.log === undefined || operation === 'logs-read');
  if (!complete) throw new CommandRefused('bad-payload');
  return { action: 'execute', order };
}

/** The first value of each field; empty for a form of another type. */
function formFields(form: Element | undefined): FormFields {
  const fields = (form?.getChildElements() ?? [])
    .filter((child) => child.is('field') && child.attrs.var !== undefined)
    .map((field) => [field.attrs.var, field.getChild('value')?.text() ?? ''] as const);
  const all = Object.fromEntries(fields) as FormFields;
  return all.FORM_TYPE === NS_MAINTENANCE ? all : {};
}

/** The answer to every action, without what does not fit into the stanza. */
export function encodeReport(operation: Operation, jobId: string, report: JobReport): Element {
  const { status } = report;
  const fields = Object.entries({ FORM_TYPE: NS_MAINTENANCE, ...reportFields(report) });
  const answer = xml(
    'command',
    { xmlns: NS_COMMANDS, node: nodeOf(operation), sessionid: jobId, status },
    xml('x', { xmlns: NS_DATA, type: 'result' }, ...fields.map(([name, value]) => encodeField(name, value))),
  );
  const fits = Buffer.byteLength(answer.toString()) + ENVELOPE_BYTES <= LIMITS.XMPP_STANZA_BYTES;
  return fits ? answer : encodeReport(operation, jobId, shorter(report));
}

/** Without the last line of the result, then without the choices of settings, then without the last setting. */
function shorter(report: JobReport): JobReport {
  const { result, settings } = report;
  if (result.length > 0) return { ...report, result: result.slice(0, -1) };
  if (settings.some(({ choices }) => choices.length > 0))
    return { ...report, settings: settings.map((each) => ({ ...each, choices: [] })) };
  return { ...report, settings: settings.slice(0, -1) };
}

function encodeField(name: string, value: string): Element {
  const attributes = { var: name, ...(name === 'FORM_TYPE' && { type: 'hidden' }) };
  return xml('field', attributes, xml('value', null, xmlText(value)));
}

/** Replaces characters that XML forbids (XML 1.0, 2.2): in a device's text they would end the stream. */
const xmlText = (text: string): string =>
  // eslint-disable-next-line no-control-regex -- the forbidden characters
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd');

const STANZA_CONDITIONS: readonly CommandRefusal[] = ['item-not-found', 'not-allowed'];

/** @returns an `<error>` */
export function encodeRefusal({ code }: CommandRefused): Element {
  if (STANZA_CONDITIONS.includes(code)) return xml('error', { type: 'cancel' }, xml(code, { xmlns: NS_STANZAS }));
  return xml('error', { type: 'modify' }, xml('bad-request', { xmlns: NS_STANZAS }), xml(code, { xmlns: NS_COMMANDS }));
}
