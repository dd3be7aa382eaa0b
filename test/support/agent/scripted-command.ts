import type { Element } from '@xmpp/client';
import {
  NS_COMMANDS,
  NS_DATA,
  NS_MAINTENANCE,
  operationOf,
  reportFields,
  type FormFields,
  type JobReport,
} from '../../../src/protocol/ad-hoc-command';
import type { Operation } from '../../../src/protocol/maintenance';

const NS_STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const NOTHING: JobReport = {
  status: 'executing',
  hold: null,
  percent: null,
  activity: '',
  failure: null,
  detail: '',
  result: [],
  settings: [],
  record: null,
};

/** An ad-hoc command that a scripted agent was given, until the test answers it. */
export class ScriptedCommand {
  readonly action: string;
  readonly operation: Operation | undefined;
  readonly fields: FormFields;
  readonly jobId: string;
  isAnswered = false;

  /** @param send writes to the stream on which the command came */
  constructor(
    private readonly id: string,
    private readonly command: Element,
    private readonly send: (xml: string) => void,
  ) {
    const { action, node, sessionid } = command.attrs as Record<string, string>;
    this.action = String(action);
    this.operation = operationOf(String(node));
    this.fields = Object.fromEntries(
      (command.getChild('x', NS_DATA)?.getChildElements() ?? []).map((field) => [
        String(field.attrs.var),
        field.getChild('value')?.text() ?? '',
      ]),
    );
    this.jobId = sessionid ?? this.fields.job ?? '';
  }

  /** Reports of the job; what is left out is as if the agent had just begun. */
  answer(report: Partial<JobReport>, sessionId = this.jobId): void {
    const whole = { ...NOTHING, ...report };
    const fields = Object.entries({ FORM_TYPE: NS_MAINTENANCE, ...reportFields(whole) });
    const form = fields.map(([name, value]) => `<field var='${name}'><value>${escaped(value)}</value></field>`);
    const attributes = `node='${this.command.attrs.node}' sessionid='${sessionId}' status='${whole.status}'`;
    this.say(
      'result',
      `<command xmlns='${NS_COMMANDS}' ${attributes}><x xmlns='${NS_DATA}' type='result'>${form.join('')}</x></command>`,
    );
  }

  /** @param condition of RFC 6120 8.3.3, or `bad-sessionid` (XEP-0050 4.4) */
  refuse(condition: string): void {
    const isOwn = condition === 'bad-sessionid';
    const general = `<${isOwn ? 'bad-request' : condition} xmlns='${NS_STANZAS}'/>`;
    const specific = isOwn ? `<bad-sessionid xmlns='${NS_COMMANDS}'/>` : '';
    this.say('error', `<error type='cancel'>${general}${specific}</error>`);
  }

  /** Any answer at all. */
  say(type: 'result' | 'error', xml: string): void {
    this.isAnswered = true;
    this.send(`<iq type='${type}' id='${this.id}'>${xml}</iq>`);
  }
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
