/**
 * The handshake of RFB 3.3, 3.7 and 3.8 (RFC 6143 7.1-7.3) as a watcher between client and server sees it: just enough
 * to know where the client's messages begin. Only security types are let through whose bytes it knows; the others could
 * hide input from it.
 */

/** What a watcher does with one direction: yields how many bytes it needs next, gets exactly those, passes on what may go. */
export type Watch = Generator<number, void, Buffer>;
export type Pass = (bytes: Buffer) => void;

/** What either direction has shown so far. */
export interface Handshake {
  server?: readonly [major: number, minor: number];
  version?: '3.3' | '3.7' | '3.8';
  /** Security types that the client may choose from; in 3.3 the one that the server has chosen. */
  offered?: readonly number[];
}

/** Not RFB as it is understood here. `farewell` reports it to the client in RFB. */
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

/** Server to client, up to the security types; what follows needs no watching. */
export function* watchServerHandshake(handshake: Handshake, pass: Pass): Watch {
  const greeting = yield PROTOCOL_VERSION_BYTES;
  handshake.server = numbersOf(greeting);
  pass(greeting);
  const first = yield 1;
  if (!handshake.version) throw new RfbRefused('the server spoke before the client had chosen a version');
  if (handshake.version === '3.3') return watchChosenType(handshake, Buffer.concat([first, yield 3]), pass);
  const count = first.readUInt8();
  if (count === 0) return pass(first); // a refusal of the server itself; its reason follows
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
  if (!offered) throw new RfbRefused('the client spoke before the server had named its security types');
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
  // ClientInit: always shared, because who only looks must not put out those who operate (RFC 6143 7.3.1).
  pass(Buffer.from([1]));
}

function numbersOf(bytes: Buffer): [number, number] {
  const [, major, minor] = /^RFB (\d{3})\.(\d{3})\n$/.exec(bytes.toString('latin1')) ?? [];
  if (major === undefined) throw new RfbRefused('this is not RFB');
  return [Number(major), Number(minor)];
}

/** The client must not answer with more than the server knows (RFC 6143 7.1.1), or both would read on differently. */
function versionOf(answer: Buffer, server: Handshake['server']): '3.3' | '3.7' | '3.8' {
  const [major, minor] = numbersOf(answer);
  const version = VERSIONS[answer.toString('latin1', 4, 11) as keyof typeof VERSIONS];
  if (!server) throw new RfbRefused('the client spoke before the server');
  if (!version || server[0] < major || (server[0] === major && server[1] < minor))
    throw new RfbRefused(`RFB ${major}.${minor} cannot be spoken here`);
  return version;
}

/** As a server says that it refuses (RFC 6143 7.1.2). */
function unknownSecurity(version: '3.3' | '3.7' | '3.8'): RfbRefused {
  const reason = 'The device offers only security types under which looking only cannot be ensured.';
  const head = Buffer.alloc(version === '3.3' ? 8 : 5);
  head.writeUInt32BE(reason.length, head.length - 4);
  return new RfbRefused(reason, Buffer.concat([head, Buffer.from(reason)]));
}
