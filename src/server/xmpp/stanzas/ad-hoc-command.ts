import { Element } from 'node-xmpp-server';
import {
  nodeOf,
  NS_COMMANDS,
  NS_DATA,
  NS_MAINTENANCE,
  readReport,
  type FormFields,
  type JobReport,
} from '../../../protocol/ad-hoc-command';
import type { JobCommand } from '../device-transport';
import { InvalidPayload } from '../xmpp.errors';

const FORM_TYPE = 'FORM_TYPE';

/** `<command>` of XEP-0050 2.4; with `execute` it carries a submitted form (XEP-0004). */
export function writeCommand({ jobId, operation, action, fields }: JobCommand): Element {
  const session = action === 'execute' ? {} : { sessionid: jobId };
  const command = new Element('command', { xmlns: NS_COMMANDS, node: nodeOf(operation), ...session, action });
  if (!fields) return command;
  const form = command.c('x', { xmlns: NS_DATA, type: 'submit' });
  form.c('field', { var: FORM_TYPE, type: 'hidden' }).c('value').t(NS_MAINTENANCE);
  for (const [name, value] of Object.entries(fields)) form.c('field', { var: name }).c('value').t(value);
  return command;
}

/**
 * The report in the IQ that answers a command. XEP-0050 permits an answer without a form; such a report has no fields.
 * @throws InvalidPayload
 */
export function readReportOf({ jobId, operation }: JobCommand, iq: Element): JobReport {
  const command = iq.getChild('command', NS_COMMANDS);
  if (!command) throw new InvalidPayload('the answer contains no command');
  const { node, sessionid, status = '' } = command.attrs;
  if (node !== nodeOf(operation)) throw new InvalidPayload('the answer is about another command');
  if (sessionid !== jobId) throw new InvalidPayload('the answer is about another job');
  const form = command.getChild('x', NS_DATA);
  const report = readReport(status, form ? fieldsOf(form) : {});
  if (!report) throw new InvalidPayload('the answer is no report of a job');
  return report;
}

/** @throws InvalidPayload */
function fieldsOf(form: Element): FormFields {
  const fields = new Map<string, string>();
  for (const field of form.getChildElements().filter((child) => child.is('field'))) {
    const name = field.attrs.var ?? '';
    if (fields.has(name)) throw new InvalidPayload(`the form has two fields ${name.slice(0, 80)}`);
    fields.set(name, field.getChild('value')?.getText() ?? '');
  }
  if (fields.get(FORM_TYPE) !== NS_MAINTENANCE) throw new InvalidPayload('the form is of another type');
  fields.delete(FORM_TYPE);
  return Object.fromEntries(fields);
}
