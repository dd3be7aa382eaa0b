import { Element } from 'node-xmpp-server';
import type { z } from 'zod';
import { NS_JSON, type Exchange } from '../../../protocol/control-channel';
import { jsonContainerText } from '../../../protocol/json-container';
import { parseJson } from '../../../protocol/parse-json';
import { InvalidPayload } from '../xmpp.errors';

/** `<name xmlns='namespace'><json xmlns='urn:xmpp:json:0'>{...}</json></name>` (XEP-0335). */
export function writePayload(exchange: Exchange, body: unknown): Element {
  const payload = new Element(exchange.name, { xmlns: exchange.namespace });
  payload.c('json', { xmlns: NS_JSON }).t(jsonContainerText(body));
  return payload;
}

/** @throws InvalidPayload that names what does not match the schema */
export function readPayload<Body>(payload: Element | undefined, schema: z.ZodType<Body>): Body {
  const json = payload?.getChild('json', NS_JSON);
  if (!json) throw new InvalidPayload('the payload contains no JSON container');
  const body = parseJson(json.getText());
  if (body === undefined) throw new InvalidPayload('the JSON container contains no JSON');
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new InvalidPayload(issues.join('; ').slice(0, 500));
}
