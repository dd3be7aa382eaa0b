import type { Element } from 'node-xmpp-server';
import { ControlChannel } from '../../../../test/support/xmpp/control-channel';
import { parseXml } from '../../../../test/support/xmpp/parse-xml';
import vectors from '../../../../test/vectors/ad-hoc-command.json';
import { orderFields, type JobOrder } from '../../../protocol/ad-hoc-command';
import type { Operation } from '../../../protocol/maintenance';
import { readReportOf, writeCommand } from './ad-hoc-command';
import type { JobCommand } from '../device-transport';

const JOB = '5b0f8c1e-2d3a-4f6b-9c7d-8e9f0a1b2c3d';
const NODE = "node='urn:platen:maintenance:1#counters'";
const COMMANDS = "xmlns='http://jabber.org/protocol/commands'";
const FORM_TYPE = "<field var='FORM_TYPE'><value>urn:platen:maintenance:1</value></field>";
const form = (fields: string) => `<x xmlns='jabber:x:data' type='result'>${fields}</x>`;
const answer = (attributes: string, inner = '') => `<command ${COMMANDS} ${attributes}>${inner}</command>`;
const THIS_JOB = `${NODE} sessionid='${JOB}'`;

describe('ad-hoc commands on the wire', () => {
  it.each(vectors.orders)('execute: $order.operation', ({ order, xml }) => {
    const { jobId, operation } = order as JobOrder;
    const command = { jobId, operation, action: 'execute', fields: orderFields(order as JobOrder) } as const;
    expect(writeCommand(command).toString()).toBe(xml);
  });

  it.each(vectors.actions)('$action', ({ xml, ...command }) => {
    expect(writeCommand(command as JobCommand).toString()).toBe(xml);
  });

  it.each(vectors.reports)('report of $operation, $report.status', ({ operation, report, xml }) => {
    const iq = parseXml(`<iq>${xml}</iq>`) as unknown as Element;
    expect(readReportOf({ jobId: JOB, operation: operation as Operation, action: 'next' }, iq)).toEqual(report);
  });
});

describe('a command to an agent', () => {
  let channel: ControlChannel;
  beforeAll(async () => (channel = await ControlChannel.start()));
  afterAll(() => channel.stop());

  const command = (options?: { timeoutMs?: number }) =>
    channel.transport.command('agent', { jobId: JOB, operation: 'counters', action: 'next' }, options);
  /** The outcome of a command that the agent answers like this. */
  async function answered(type: 'result' | 'error', xml: string) {
    const wire = await channel.login('agent');
    const outcome = command().catch((error: unknown) => error);
    const [, id] = await wire.expect(/<iq type="set" id="([^"]*)"[^>]*><command [^>]*\/><\/iq>/);
    wire.write(`<iq type='${type}' id='${id}'>${xml}</iq>`);
    return outcome;
  }

  it('is answered with a report, which needs no form if it has no fields', async () => {
    expect(await answered('result', answer(`${THIS_JOB} status='canceled'`))).toMatchObject({ status: 'canceled' });
  });

  it.each([
    ['no content', ''],
    ['another element', "<query xmlns='jabber:iq:version'/>"],
    ['another job', answer(`${NODE} sessionid='d0d0d0d0-2d3a-4f6b-9c7d-8e9f0a1b2c3d' status='completed'`)],
    ['another command', answer(`node='urn:platen:maintenance:1#restart' sessionid='${JOB}' status='completed'`)],
    ['no session', answer(`${NODE} status='completed'`)],
    ['no status', answer(THIS_JOB)],
    ['an unknown status', answer(`${THIS_JOB} status='finished'`)],
    [
      'a form of another type',
      answer(`${THIS_JOB} status='completed'`, form("<field var='FORM_TYPE'><value>x</value></field>")),
    ],
    [
      'a form without a type',
      answer(`${THIS_JOB} status='completed'`, form("<field var='detail'><value>x</value></field>")),
    ],
    ['a duplicate field', answer(`${THIS_JOB} status='completed'`, form(FORM_TYPE + FORM_TYPE))],
    [
      'an invalid value',
      answer(`${THIS_JOB} status='executing'`, form(`${FORM_TYPE}<field var='percent'><value>lots</value></field>`)),
    ],
    [
      'too many lines of a result',
      answer(
        `${THIS_JOB} status='completed'`,
        form(FORM_TYPE + Array.from({ length: 65 }, (_, i) => `<field var='result.x${i}'><value/></field>`).join('')),
      ),
    ],
  ])('accepts no answer with %s', async (_what, xml) => {
    expect(await answered('result', xml)).toMatchObject({ name: 'AgentRefused', code: 'unreadable-answer' });
  });

  it.each([
    [
      'bad-sessionid',
      `<error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><bad-sessionid ${COMMANDS}/></error>`,
    ],
    ['not-allowed', "<error type='cancel'><not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"],
  ])('reports the code %s', async (code, error) => {
    expect(await answered('error', error)).toMatchObject({ name: 'AgentRefused', code });
  });

  it('fails when the agent is silent or offline', async () => {
    const wire = await channel.login('agent');
    await expect(command({ timeoutMs: 20 })).rejects.toMatchObject({ name: 'AgentSilent' });
    wire.destroy();
    await wire.closed;
    await expect(command()).rejects.toMatchObject({ name: 'AgentOffline' });
  });
});
