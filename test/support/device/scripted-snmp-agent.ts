import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

const INTEGER = 0x02;
const OCTET_STRING = 0x04;
const OID = 0x06;
const SEQUENCE = 0x30;

/** PDUs (RFC 3416 3). */
export const PDU = { get: 0xa0, getNext: 0xa1, response: 0xa2, getBulk: 0xa5, report: 0xa8 } as const;
export const END_OF_MIB_VIEW = Buffer.from([0x82, 0]);
export const NO_SUCH_INSTANCE = Buffer.from([0x81, 0]);

export const tlv = (tag: number, content: Buffer): Buffer => {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
};
export const sequence = (...parts: Buffer[]): Buffer => tlv(SEQUENCE, Buffer.concat(parts));
export const octets = (value: string | Buffer): Buffer => tlv(OCTET_STRING, Buffer.from(value as string));
export const integer = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return tlv(INTEGER, bytes);
};
export function objectIdentifier(oid: string): Buffer {
  const [first = 0, second = 0, ...arcs] = oid.split('.').map(Number);
  const encoded = arcs.flatMap((arc) => {
    const bytes = [arc & 127];
    for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift((rest & 127) | 128);
    return bytes;
  });
  return tlv(OID, Buffer.from([first * 40 + second, ...encoded]));
}

/** Reads tag, length and content at an offset. */
function readTlv(bytes: Buffer, offset = 0): { tag: number; content: Buffer; end: number } {
  const tag = bytes[offset]!;
  const short = bytes[offset + 1]!;
  const more = short > 127 ? short & 127 : 0;
  const length = more === 0 ? short : bytes.readUIntBE(offset + 2, more);
  const start = offset + 2 + more;
  return { tag, content: bytes.subarray(start, start + length), end: start + length };
}
const children = (bytes: Buffer): { tag: number; content: Buffer }[] => {
  const parts = [];
  for (let offset = 0; offset < bytes.length;) {
    const part = readTlv(bytes, offset);
    parts.push(part);
    offset = part.end;
  }
  return parts;
};
const numberIn = (content: Buffer): number => content.readIntBE(0, content.length);
function oidIn(content: Buffer): string {
  const arcs = [Math.floor(content[0]! / 40), content[0]! % 40];
  let arc = 0;
  for (const byte of content.subarray(1)) {
    arc = arc * 128 + (byte & 127);
    if (byte >= 128) continue;
    arcs.push(arc);
    arc = 0;
  }
  return arcs.join('.');
}

/** A request of version 1 or 2c; of version 3, only `version` and `id` (msgID). */
export interface SnmpRequest {
  readonly version: number;
  readonly pdu: number;
  readonly id: number;
  readonly oids: readonly string[];
  readonly maxRepetitions: number;
}
/** An object with its encoded value. */
export type Encoded = readonly [oid: string, value: Buffer];

function requestIn(bytes: Buffer): SnmpRequest {
  const [version, second, third] = children(readTlv(bytes).content);
  const none = { pdu: 0, oids: [], maxRepetitions: 0 };
  if (numberIn(version!.content) === 3)
    return { version: 3, id: numberIn(children(second!.content)[0]!.content), ...none };
  const [id, , repetitions, varbinds] = children(third!.content);
  return {
    version: numberIn(version!.content),
    pdu: third!.tag,
    id: numberIn(id!.content),
    oids: children(varbinds!.content).map(({ content }) => oidIn(readTlv(content).content)),
    maxRepetitions: numberIn(repetitions!.content),
  };
}

export const responsePdu = (id: number, objects: readonly Encoded[], status = 0, tag: number = PDU.response): Buffer =>
  tlv(
    tag,
    Buffer.concat([
      integer(id),
      integer(status),
      integer(status === 0 ? 0 : 1),
      sequence(...objects.map(([oid, value]) => sequence(objectIdentifier(oid), value))),
    ]),
  );

/** An SNMP agent that answers each request as a test says: with objects, an error status, bytes, or not. */
export class ScriptedSnmpAgent {
  readonly requests: SnmpRequest[] = [];

  private constructor(
    private readonly socket: Socket,
    public answers: (request: SnmpRequest, from: RemoteInfo) => readonly Encoded[] | number | Buffer | undefined,
  ) {
    socket.on('message', (bytes, from) => {
      const request = requestIn(bytes);
      this.requests.push(request);
      const answer = this.answers(request, from);
      if (answer === undefined) return;
      const pdu = Buffer.isBuffer(answer)
        ? undefined
        : typeof answer === 'number'
          ? responsePdu(
              request.id,
              request.oids.map((oid) => [oid, Buffer.from([5, 0])] as const),
              answer,
            )
          : responsePdu(request.id, answer);
      const whole = pdu ? sequence(integer(request.version), octets('public'), pdu) : (answer as Buffer);
      socket.send(whole, from.port, from.address);
    });
  }

  static async start(answers: ScriptedSnmpAgent['answers'], host = '127.0.0.1'): Promise<ScriptedSnmpAgent> {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    socket.bind(0, host);
    await once(socket, 'listening');
    return new ScriptedSnmpAgent(socket, answers);
  }

  get port(): number {
    return this.socket.address().port;
  }

  async stop(): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }
}

const arcsOf = (oid: string): number[] => oid.split('.').map(Number);
const compare = (a: readonly number[], b: readonly number[]): number => {
  const different = a.findIndex((arc, index) => arc !== b[index]);
  return different < 0 ? a.length - b.length : (a[different] ?? 0) - (b[different] ?? -1);
};

/** Answers as an agent with these objects does. @param knowsGet false: GetRequest finds nothing */
export function answersOf(objects: readonly Encoded[], { knowsGet = true } = {}): ScriptedSnmpAgent['answers'] {
  const sorted = objects.map((each) => ({ each, arcs: arcsOf(each[0]) })).sort((a, b) => compare(a.arcs, b.arcs));
  const byOid = new Map(objects.map((each) => [each[0], each]));
  const after = (oid: string): Encoded => {
    const arcs = arcsOf(oid);
    let [from, to] = [0, sorted.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (compare(sorted[middle]!.arcs, arcs) > 0) to = middle;
      else from = middle + 1;
    }
    return sorted[from]?.each ?? [oid, END_OF_MIB_VIEW];
  };
  return ({ version, pdu, oids, maxRepetitions }) => {
    if (pdu === PDU.get) {
      const found = oids.map((oid) => (knowsGet ? byOid.get(oid) : undefined));
      if (version === 0 && found.includes(undefined)) return 2;
      return oids.map((oid, index) => found[index] ?? [oid, NO_SUCH_INSTANCE]);
    }
    const rounds: Encoded[][] = [oids.map(after)];
    if (version === 0 && rounds[0]!.some(([, value]) => value === END_OF_MIB_VIEW)) return 2;
    for (let round = 1; pdu === PDU.getBulk && round < maxRepetitions; round++)
      rounds.push(rounds.at(-1)!.map(([oid]) => after(oid)));
    return rounds.flat();
  };
}
