/**
 * Follows the handshake of RFB 3.3, 3.7 and 3.8 (RFC 6143 7.1-7.3) between client and server, to find where the client's
 * messages start. It passes only security types whose messages it knows; others could hide input.
 */

/** Filters one direction: yields the number of bytes it needs, receives exactly those, and passes the permitted ones. */
export type Watch = Generator<number, void, Buffer>;
export type Pass = (bytes: Buffer) => void;

/** State of the handshake, shared by both directions. */
export interface Handshake {
  server?: readonly [major: number, minor: number];
  version?: '3.3' | '3.7' | '3.8';
  /** Security types that the client may choose from; in 3.3, the server's choice. */
  offered?: readonly number[];
}

/** The connection is not RFB, or uses an unsupported feature. `farewell` reports it to the client in RFB. */
export class RfbRefused extends Error {
  override readonly name = 'RfbRefused';
  constructor(
    message: string,
    readonly farewell?: Buffer,
  ) {
    super(message);
  }
}

const NONE = 1;
const VNC_AUTHENTICATION = 2;
const KNOWN: readonly number[] = [NONE, VNC_AUTHENTICATION];
const VERSIONS = { '003.003': '3.3', '003.007': '3.7', '003.008': '3.8' } as const;
const PROTOCOL_VERSION_BYTES = 12;
const RESPONSE_BYTES = 16;

/** Server to client, up to the security types. All later bytes may pass. */
export function* watchServerHandshake(handshake: Handshake, pass: Pass): Watch {
  const greeting = yield PROTOCOL_VERSION_BYTES;
  handshake.server = numbersOf(greeting);
  pass(greeting);
  const first = yield 1;
  if (!handshake.version) throw new RfbRefused('the server sent data before the client had chosen a version');
  if (handshake.version === '3.3') return watchChosenType(handshake, Buffer.concat([first, yield 3]), pass);
  const count = first.readUInt8();
  if (count === 0) return pass(first); // the server refuses; its reason follows
  const offered = [...(yield count)].filter((type) => KNOWN.includes(type));
  if (offered.length === 0) throw unknownSecurity(handshake.version);
  handshake.offered = offered;
  pass(Buffer.from([offered.length, ...offered]));
}

function watchChosenType(handshake: Handshake, bytes: Buffer, pass: Pass): void {
  const type = bytes.readUInt32BE();
  if (type !== 0 && !KNOWN.includes(type)) throw unknownSecurity('3.3');
  if (type !== 0) handshake.offered = [type];
  pass(bytes);
}

/** Client to server, up to and with ClientInit. */
export function* watchClientHandshake(handshake: Handshake, pass: Pass): Watch {
  const answer = yield PROTOCOL_VERSION_BYTES;
  handshake.version = versionOf(answer, handshake.server);
  pass(answer);
  const first = yield 1;
  const { version, offered } = handshake;
  if (!offered) throw new RfbRefused('the client sent data before the server had listed its security types');
  const [choice = 0] = version === '3.3' ? offered : first;
  if (!offered.includes(choice))
    throw new RfbRefused(`the client chose security type ${choice}, which was not offered`);
  if (version === '3.3') {
    if (choice === VNC_AUTHENTICATION) pass(Buffer.concat([first, yield RESPONSE_BYTES - 1]));
    if (choice === VNC_AUTHENTICATION) yield 1;
  } else {
    pass(first);
    if (choice === VNC_AUTHENTICATION) pass(yield RESPONSE_BYTES);
    yield 1;
  }
  // ClientInit: always shared, because a viewer must not disconnect others (RFC 6143 7.3.1).
  pass(Buffer.from([1]));
}

function numbersOf(bytes: Buffer): [number, number] {
  const [, major, minor] = /^RFB (\d{3})\.(\d{3})\n$/.exec(bytes.toString('latin1')) ?? [];
  if (major === undefined) throw new RfbRefused('this is not RFB');
  return [Number(major), Number(minor)];
}

/** The client must not choose a newer version than the server's (RFC 6143 7.1.1). */
function versionOf(answer: Buffer, server: Handshake['server']): '3.3' | '3.7' | '3.8' {
  const [major, minor] = numbersOf(answer);
  const version = VERSIONS[answer.toString('latin1', 4, 11) as keyof typeof VERSIONS];
  if (!server) throw new RfbRefused('the client sent data before the server');
  if (!version || server[0] < major || (server[0] === major && server[1] < minor))
    throw new RfbRefused(`RFB ${major}.${minor} is not supported here`);
  return version;
}

/** In the form in which a server refuses (RFC 6143 7.1.2). */
function unknownSecurity(version: '3.3' | '3.7' | '3.8'): RfbRefused {
  const reason = 'View-only access is not possible with the security types that the device offers.';
  const head = Buffer.alloc(version === '3.3' ? 8 : 5);
  head.writeUInt32BE(reason.length, head.length - 4);
  return new RfbRefused(reason, Buffer.concat([head, Buffer.from(reason)]));
}
