import { xml, type Element } from '@xmpp/client';
import type { z } from 'zod';
import { NS_JSON, NS_PROBLEM, type Exchange } from '../../protocol/control-channel';
import { jsonContainerText } from '../../protocol/json-container';
import { LIMITS } from '../../protocol/limits';
import { parseJson } from '../../protocol/parse-json';
import type { ProblemCode } from '../../protocol/problems';

/** RFC 6120 8.3.3. */
export const NS_STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

/** The payload does not match the schema of the exchange. The message names fields, never their values. */
export class BadContainer extends Error {
  override readonly name = 'BadContainer';
  readonly code = 'invalid-request';
}

/** `<name xmlns='namespace'><json xmlns='urn:xmpp:json:0'>...</json></name>` (XEP-0335). */
export function encodeContainer(name: string, namespace: string, body: unknown): Element {
  return xml(name, { xmlns: namespace }, xml('json', { xmlns: NS_JSON }, jsonContainerText(body)));
}

/** For the stanza around a container: names, JID, ID. */
const ENVELOPE_BYTES = 1024;

/**
 * Bytes by which a request exceeds one stanza; 0 if it fits. A longer stanza would end the stream.
 * @param reserve further bytes that have to fit
 */
export function containerExcess<T>({ name, namespace }: Exchange<T, unknown>, body: T, reserve = 0): number {
  const bytes = Buffer.byteLength(encodeContainer(name, namespace, body).toString());
  return Math.max(0, bytes + reserve + ENVELOPE_BYTES - LIMITS.XMPP_STANZA_BYTES);
}

/** @throws BadContainer */
export function decodeContainer<T>(element: Element | undefined, schema: z.ZodType<T>): T {
  const json = element?.getChild('json', NS_JSON)?.text();
  if (json === undefined) throw new BadContainer('the JSON container is missing');
  if (Buffer.byteLength(json) > LIMITS.XMPP_STANZA_BYTES) throw new BadContainer('the JSON container is too large');
  const body = parseJson(json);
  if (body === undefined) throw new BadContainer('the container does not contain JSON');
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new BadContainer(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.code}`).join(', '));
}

/** IQ error with the code in `<problem>` (RFC 6120 8.3.2: text, then the application-specific condition). */
export function encodeProblem(code: ProblemCode, detail: string): Element {
  return xml(
    'error',
    { type: 'cancel' },
    xml(CONDITIONS[code] ?? 'undefined-condition', { xmlns: NS_STANZAS }),
    xml('text', { xmlns: NS_STANZAS, 'xml:lang': 'en' }, detail),
    xml('problem', { xmlns: NS_PROBLEM, code }),
  );
}

/** Defined conditions of RFC 6120 8.3.3. */
const CONDITIONS: Partial<Record<ProblemCode, string>> = {
  'invalid-request': 'bad-request',
  'wrong-state': 'conflict',
  'requests-waiting': 'conflict',
  'unknown-device': 'item-not-found',
  'unknown-application': 'item-not-found',
  'unknown-session': 'item-not-found',
  'too-many-requests': 'resource-constraint',
  'internal-error': 'internal-server-error',
};
