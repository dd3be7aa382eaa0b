import type { Element } from 'node-xmpp-server';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeContainer, encodeContainer } from '../../src/agent/channel/json-container';
import { encodeRefusal, readCommand } from '../../src/agent/maintenance/command-element';
import type { CommandRefused } from '../../src/agent/maintenance/maintenance.errors';
import { readOrder, readReport, type FormFields, type JobOrder, type JobReport } from '../../src/protocol/ad-hoc-command';
import { EXCHANGES, type Exchange } from '../../src/protocol/control-channel';
import type { Operation } from '../../src/protocol/maintenance';
import { relayMessage } from '../../src/protocol/relay-messages';
import { knownPartOf } from '../../src/server/devices/announcement';
import { readPayload } from '../../src/server/xmpp/stanzas/payload';
import { parseXml } from '../support/xmpp/parse-xml';

interface Case {
  readonly exchange: keyof typeof EXCHANGES;
  readonly received: object;
  readonly read: object;
}
interface Vectors {
  readonly announce: { readonly received: object; readonly read: object; readonly unknown: readonly string[] };
  readonly serverReads: readonly Case[];
  readonly agentReads: readonly Case[];
  readonly strict: readonly Case[];
  readonly reports: readonly { readonly status: string; readonly fields: FormFields; readonly read: Partial<JobReport> }[];
  readonly orders: readonly { readonly operation: Operation; readonly fields: FormFields; readonly read: JobOrder }[];
  readonly relayMessages: readonly { readonly received: object; readonly read: object }[];
}
const vectors = JSON.parse(readFileSync(join(__dirname, 'later-version.json'), 'utf8')) as Vectors;

const sent = ({ exchange, received }: Pick<Case, 'exchange' | 'received'>) => {
  const { name, namespace, request } = EXCHANGES[exchange] as Exchange;
  return { request, element: parseXml(encodeContainer(name, namespace, received).toString()) };
};
const readByServer = (message: Pick<Case, 'exchange' | 'received'>): unknown => {
  const { element, request } = sent(message);
  return readPayload(element as unknown as Element, request);
};
const readByAgent = (message: Pick<Case, 'exchange' | 'received'>): unknown => {
  const { element, request } = sent(message);
  return decodeContainer(element, request);
};

describe('names of a later version', () => {
  const { announce } = vectors;

  it('in an announcement are left out by the server, which knows which ones', () => {
    const onWire = readByServer({ exchange: 'announce', received: announce.received });
    const { announcement, unknown } = knownPartOf(onWire as Parameters<typeof knownPartOf>[0]);
    expect(announcement).toEqual(announce.read);
    expect(unknown.sort()).toEqual([...announce.unknown].sort());
  });
  it('in an announcement do not make room for what is no name', () => {
    const [device] = (announce.received as { devices: object[] }).devices;
    const received = { ...announce.received, devices: [{ ...device, operations: ['x\ny'] }] };
    expect(() => readByServer({ exchange: 'announce', received })).toThrow();
  });
  it.each(vectors.serverReads)('in $exchange are read by the server as what is certain', (each) =>
    expect(readByServer(each)).toEqual(each.read),
  );
  it.each(vectors.agentReads)('in $exchange are read by the agent as what is certain', (each) =>
    expect(readByAgent(each)).toEqual(each.read),
  );
  it.each(vectors.strict)('are refused in $exchange where they permit something, or are no names', (each) => {
    expect(() => readByServer(each)).toThrow();
    expect(() => readByAgent(each)).toThrow();
  });
  it.each(vectors.reports)('in the report of a job: $fields', ({ status, fields, read }) =>
    expect(readReport(status, fields)).toMatchObject(read),
  );
  it.each(vectors.orders)('in the order of a job: $fields', ({ operation, fields, read }) =>
    expect(readOrder(operation, fields)).toEqual(read),
  );
  it.each(vectors.relayMessages)('from the relay: $received', ({ received, read }) =>
    expect(relayMessage.parse(received)).toEqual(read),
  );

  it('of an operation are refused by the agent as a command that it does not have', () => {
    const command =
      '<command xmlns="http://jabber.org/protocol/commands" node="urn:platen:maintenance:1#align-heads" action="execute"/>';
    const refusal = () => {
      try {
        return readCommand(parseXml(command));
      } catch (error) {
        return encodeRefusal(error as CommandRefused).toString();
      }
    };
    expect(refusal()).toBe(
      '<error type="cancel"><item-not-found xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>',
    );
  });
});
