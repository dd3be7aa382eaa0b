import { z } from 'zod';
import {
  acquireInformation,
  approval,
  connectionInfoToDevice,
  requestApproval,
  terminate,
  withdrawApproval,
  type Exchange,
} from './control-channel';
import { secret } from './names';
import { problemCode } from './problems';
import { shownLine } from './shown-text';

/**
 * The substitute channel (abstract 1): some exchanges of the control channel with an agent that has no stream, carried by
 * another agent of its site. Both ends have a key that the agent made at its last login; the substitute has not.
 *
 *   server     -> substitute   wake                  control channel; contains the address of the other agent
 *   substitute -> agent        Wake-on-LAN           if the agent has announced a MAC address
 *   agent      -> substitute   "platen-wake/2 <challenge>"     TCP; 32 random bytes in base64url, once the TCP connection is open
 *   substitute -> agent        "platen-wake/2 <channel ID>"
 *   server    <-> agent        "<sealed>", one line each, through the substitute
 *
 * A line is sealed with the key over a JSON-RPC 2.0 message and the time for which it is good (tunnel/sealed-channel.ts). Its
 * context binds it to the agent, the channel, the challenge, the direction, and its number in this direction. So no line can be
 * used twice, or in another connection, whatever the clocks say and whichever program was restarted.
 */
export const WAKE_PROTOCOL = 'platen-wake/2';

export interface SubstituteChannelNames {
  readonly agentId: string;
  /** Chosen by the server; random. */
  readonly channelId: string;
  /** Chosen by the agent; random. */
  readonly challenge: string;
}
export type LineDirection = 'to-agent' | 'to-server';

/** Additional authenticated data of a line. @param number counts from 1 */
export const lineContext = (
  { agentId, channelId, challenge }: SubstituteChannelNames,
  direction: LineDirection,
  number: number,
): string => [WAKE_PROTOCOL, agentId, channelId, challenge, direction, number].join(' ');

/** What is sealed. The receiver counts `goodForMs` from the challenge, too, so the clocks need not agree. */
export const sealedMessage = z.object({
  /** Milliseconds since the challenge was made (agent) or received (server), plus LINE_GOOD_MS. */
  goodForMs: z.int().positive(),
  message: z.unknown(),
});

/** The first line of each side is in clear. @returns undefined if it is not such a line */
const readHello = (value: z.ZodType<string>, line: string): string | undefined => {
  const [protocol, text, ...more] = line.split(' ');
  return protocol === WAKE_PROTOCOL && more.length === 0 ? value.safeParse(text).data : undefined;
};
/** @param text the challenge of the agent, or the channel ID of the substitute */
export const writeHello = (text: string): string => `${WAKE_PROTOCOL} ${text}`;
export const readChallenge = (line: string): string | undefined => readHello(secret, line);
export const readChannelId = (line: string): string | undefined => readHello(z.uuid(), line);

const refusal = z.object({ problem: z.object({ code: problemCode, detail: shownLine(500) }) });
/** The answer to an exchange, or the problem it would be answered with on a stream. */
export type Carried<Response> = { readonly answer: Response } | z.infer<typeof refusal>;
const carried = <Request, Response>({ request, response }: Exchange<Request, Response>) => ({
  params: request,
  result: z.union([z.object({ answer: response }), refusal]) as unknown as z.ZodType<Carried<Response>>,
});
const nothing = z.object({});

/** Requests of the server to the agent. The first one wakes it, whichever it is. */
export const AGENT_METHODS = {
  /** For what a substitute does not carry, such as jobs: the agent connects. */
  'wake-up': { params: nothing, result: nothing },
  'request-approval': carried(requestApproval),
  'withdraw-approval': carried(withdrawApproval),
  'connection-info': carried(connectionInfoToDevice),
  terminate: carried(terminate),
  'acquire-information': carried(acquireInformation),
} as const;
/** Requests of the agent to the server. */
export const SERVER_METHODS = { approval: carried(approval) } as const;

export type CarriedToAgent = Exclude<keyof typeof AGENT_METHODS, 'wake-up'>;
export type CarriedToServer = keyof typeof SERVER_METHODS;
export const isCarriedToAgent = (name: string): name is CarriedToAgent =>
  name !== 'wake-up' && Object.hasOwn(AGENT_METHODS, name);
export const isCarriedToServer = (name: string): name is CarriedToServer => Object.hasOwn(SERVER_METHODS, name);
