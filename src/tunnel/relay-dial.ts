import type { ConnectionInfo } from '../protocol/control-channel';
import { LIMITS } from '../protocol/limits';
import { parseJson } from '../protocol/parse-json';
import { REFUSALS, relayMessage, type PeerMessage, type Refusal, type RelayMessage } from '../protocol/relay-messages';
import { RELAY_SUBPROTOCOL } from '../protocol/version';
import type { OutboundProxy } from './outbound-proxy';
import { clockHint } from './pinned-tls';
import { RelayRefused, RelayUnreachable } from './relay-connection.errors';
import { ClientWebSocket } from './websocket/client-web-socket';

/** Where the half of a session is established, and how that is reached. */
export interface RelayAddress {
  readonly info: Pick<ConnectionInfo, 'url' | 'sessionId' | 'pin' | 'authority'>;
  readonly outbound?: OutboundProxy;
}

export const openRelaySocket = ({ info, outbound }: RelayAddress): ClientWebSocket =>
  new ClientWebSocket({
    url: info.url,
    subprotocol: RELAY_SUBPROTOCOL,
    handshakeMs: LIMITS.DIAL_TIMEOUT_MS,
    trust: { pin: info.pin, authority: info.authority },
    outbound,
  });

/**
 * Sends the first message to the relay and waits for its answer. The WebSocket stays open in any case.
 * @param accept called with the answer, within the event that brings it, so that it receives the messages that follow in the
 * same segment; also if it comes too late. Returns undefined for an answer that is not the one to `first`
 * @throws RelayRefused, RelayUnreachable (also on abort and timeout)
 */
export async function askRelay<T>(
  ws: ClientWebSocket,
  first: PeerMessage,
  accept: (answer: RelayMessage) => T | undefined,
  { signal, timeoutMs }: { signal?: AbortSignal; timeoutMs: number },
): Promise<T> {
  let fail: (error: Error) => void = () => undefined;
  const giveUp = (detail: string) => () => fail(new RelayUnreachable(detail));
  const onAbort = giveUp('aborted');
  const timer = setTimeout(giveUp('no answer in time'), timeoutMs);
  signal?.addEventListener('abort', onAbort);
  try {
    return await new Promise<T>((resolve, reject) => {
      fail = reject;
      ws.once('open', () => send(ws, first));
      ws.once('error', (error: NodeJS.ErrnoException) =>
        reject(new RelayUnreachable(error.message + clockHint(error.code ?? ''), { cause: error })),
      );
      ws.once('close', (code) => reject(refusalByCloseCode(code) ?? new RelayUnreachable(`closed with ${code}`)));
      ws.once('bytes', () => reject(new RelayUnreachable('it is not a relay')));
      ws.once('text', (text) => {
        const message = readRelayMessage(text);
        const accepted = message && accept(message);
        if (accepted !== undefined) resolve(accepted);
        else if (message?.type === 'refused') reject(new RelayRefused(message.code, message.detail));
        else reject(new RelayUnreachable('it is not a relay'));
      });
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

export function send(ws: ClientWebSocket, message: PeerMessage): void {
  if (ws.readyState === ws.OPEN) ws.send(JSON.stringify(message));
}

/** undefined if it is not a message of this protocol. */
export const readRelayMessage = (text: Buffer | undefined): RelayMessage | undefined =>
  text && relayMessage.safeParse(parseJson(text.toString())).data;

/** The refusal message may be lost if the relay closes immediately; the close code has the same meaning. */
function refusalByCloseCode(closeCode: number): RelayRefused | undefined {
  const code = (Object.keys(REFUSALS) as Refusal[]).find((each) => REFUSALS[each].close === closeCode);
  return code && new RelayRefused(code, '');
}
