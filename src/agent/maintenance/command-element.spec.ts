import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseXml } from '../../../test/support/xmpp/parse-xml';
import type { JobOrder, JobReport } from '../../protocol/ad-hoc-command';
import { LIMITS } from '../../protocol/limits';
import type { Operation } from '../../protocol/maintenance';
import { encodeRefusal, encodeReport, readCommand } from './command-element';
import { CommandRefused } from './maintenance.errors';

interface Vectors {
  readonly orders: { order: JobOrder; xml: string }[];
  readonly actions: { operation: Operation; action: string; jobId: string; xml: string }[];
  readonly reports: { operation: Operation; report: JobReport; xml: string }[];
  readonly malformedOrders: { operation: Operation; fields: Record<string, string> }[];
}
const file = join(__dirname, '../../../test/vectors/ad-hoc-command.json');
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;
const jobId = '5b0f8c1e-2d3a-4f6b-9c7d-8e9f0a1b2c3d';

const COMMANDS = 'xmlns="http://jabber.org/protocol/commands"';
const form = (fields: Record<string, string>) =>
  `<x xmlns="jabber:x:data" type="submit">${Object.entries(fields)
    .map(([name, value]) => `<field var="${name}"><value>${value}</value></field>`)
    .join('')}</x>`;
const execute = (operation: string, fields: Record<string, string>) =>
  `<command ${COMMANDS} node="urn:platen:maintenance:1#${operation}">${form(fields)}</command>`;
const complete = { job: jobId, device: 'mfp-1', 'expires-in': '60' };
const ours = { FORM_TYPE: 'urn:platen:maintenance:1' };

function refusalOf(text: string): string {
  try {
    return JSON.stringify(readCommand(parseXml(text)));
  } catch (error) {
    return (error as CommandRefused).code;
  }
}

describe('commands as XML', () => {
  it.each(vectors.orders)('an order of $order.operation', ({ order, xml }) => {
    expect(readCommand(parseXml(xml))).toEqual({ action: 'execute', order });
  });
  it.each(vectors.actions)('$action', ({ operation, action, jobId, xml }) => {
    expect(readCommand(parseXml(xml))).toEqual({ action, operation, jobId });
  });
  it.each(vectors.reports)('a report of $operation, $report.status', ({ operation, report, xml }) => {
    expect(encodeReport(operation, jobId, report).toString()).toBe(xml);
  });

  it('`execute` is the default, and means `next` within a session', () => {
    const order = { jobId, deviceId: 'mfp-1', operation: 'counters', expiresInSeconds: 60 };
    expect(refusalOf(execute('counters', { ...ours, ...complete }))).toBe(JSON.stringify({ action: 'execute', order }));
    const next = { action: 'next', operation: 'counters', jobId };
    const inSession = `<command ${COMMANDS} node="urn:platen:maintenance:1#counters" sessionid="${jobId}"/>`;
    expect(refusalOf(inSession)).toBe(JSON.stringify(next));
  });

  it.each<[what: string, text: string, code: string]>([
    ['another node', `<command ${COMMANDS} node="config" action="execute"/>`, 'item-not-found'],
    ['no node', `<command ${COMMANDS}/>`, 'item-not-found'],
    ['an unknown operation', execute('explode', { ...ours, ...complete }), 'item-not-found'],
    [
      '`next` without a session',
      `<command ${COMMANDS} node="urn:platen:maintenance:1#counters" action="next"/>`,
      'bad-sessionid',
    ],
    ['`prev`', `<command ${COMMANDS} node="urn:platen:maintenance:1#counters" action="prev"/>`, 'bad-action'],
    ['no form', `<command ${COMMANDS} node="urn:platen:maintenance:1#counters"/>`, 'bad-payload'],
    ['a form of another type', execute('counters', { FORM_TYPE: 'x', ...complete }), 'bad-payload'],
    ['a form without a type', execute('counters', complete), 'bad-payload'],
    ['firmware without a file', execute('firmware-install', { ...ours, ...complete }), 'bad-payload'],
    [
      'a form with the names of inherited properties',
      execute('counters', { ...ours, __proto__x: '', constructor: '' }),
      'bad-payload',
    ],
  ])('refuses %s', (_what, text, code) => expect(refusalOf(text)).toBe(code));
  it.each(vectors.malformedOrders)('refuses the order $fields', ({ operation, fields }) => {
    expect(refusalOf(execute(operation, { ...ours, ...fields }))).toBe('bad-payload');
  });

  it.each(['item-not-found', 'not-allowed'] as const)('%s is a stanza error condition', (code) => {
    expect(encodeRefusal(new CommandRefused(code)).toString()).toBe(
      `<error type="cancel"><${code} xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>`,
    );
  });
  it.each(['bad-action', 'bad-payload', 'bad-sessionid'] as const)('%s is sent with bad-request', (code) => {
    expect(encodeRefusal(new CommandRefused(code)).toString()).toBe(
      '<error type="modify"><bad-request xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>' +
        `<${code} xmlns="http://jabber.org/protocol/commands"/></error>`,
    );
  });

  const report = (change: Partial<JobReport>): JobReport => ({
    status: 'completed',
    hold: null,
    percent: null,
    activity: '',
    failure: null,
    detail: '',
    result: [],
    settings: [],
    record: null,
    ...change,
  });
  it('replaces characters that XML forbids', () => {
    const text = encodeReport('counters', jobId, report({ detail: 'a\u0000\u001b\ufffe\ud800b\tc' })).toString();
    expect(text).toContain('<value>a\ufffd\ufffd\ufffd\ufffdb\tc</value>');
  });
  it('fits into a stanza, however long the lines are', () => {
    const result = Array.from({ length: 64 }, (_, i) => ({ name: `line.${i}`, value: '&'.repeat(300) }));
    const text = encodeReport('information', jobId, report({ result })).toString();
    expect(Buffer.byteLength(text)).toBeLessThan(LIMITS.XMPP_STANZA_BYTES);
    expect(text).toContain('result.line.0');
    expect(text).not.toContain('result.line.63');
  });
});
