import { z } from 'zod';
import { alert } from './alert';
import { pageQuery } from './api';
import { isLoopback } from './loopback';
import { instant } from './names';
import { shownLine } from './shown-text';

/**
 * Webhooks: each alert that is raised or resolved is sent to the addresses that administrators have set, signed as Standard
 * Webhooks 1.0 describes it, which has libraries for receivers:
 *
 *   POST <url>
 *   webhook-id: <ID of the delivery, the same at each attempt>
 *   webhook-timestamp: <seconds since 1970, of this attempt>
 *   webhook-signature: v1,<base64 HMAC-SHA256 of `id.timestamp.body`, with the bytes after `whsec_` as key>
 *
 * Any 2xx is a receipt; 410 ends the delivery. Everything else is tried again, redirections included, which are not followed.
 */
export const WEBHOOK_SECRET_PREFIX = 'whsec_';

export const alertEvent = z.enum(['raised', 'resolved', 'test']);
export type AlertEvent = z.infer<typeof alertEvent>;

/** `type` of the body, by event. */
export const WEBHOOK_TYPES = { raised: 'alert.raised', resolved: 'alert.resolved', test: 'test' } as const;

/** The body of a delivery. */
export const webhookBody = z.object({
  type: z.enum(WEBHOOK_TYPES),
  /** When it happened. */
  timestamp: instant,
  /** The alert as it was then; null for `test`. */
  data: z.object({ alert: alert.nullable() }),
});
export type WebhookBody = z.infer<typeof webhookBody>;

const url = z
  .url({ protocol: /^https?$/, abort: true }) // what follows takes it for a URL
  .max(2_000)
  .refine((text) => {
    const { protocol, hostname } = new URL(text);
    return protocol === 'https:' || isLoopback(hostname);
  }, 'must be an https: URL (http: on loopback)')
  .refine((text) => {
    const { username, password } = new URL(text);
    return username === '' && password === '';
  }, 'must not contain a user or a password');
const name = shownLine(100).min(1, 'enter a name');

export const webhook = z.object({
  id: z.uuid(),
  name: z.string(),
  /** null: alerts of all customers, and of the server. */
  customerId: z.uuid().nullable(),
  url: z.string(),
  active: z.boolean(),
  createdAt: instant,
  createdBy: z.string(),
});
export type Webhook = z.infer<typeof webhook>;
export const newWebhook = z.strictObject({ name, customerId: z.uuid().nullable(), url });
export const webhookChange = z
  .strictObject({ name, url, active: z.boolean() })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'name what to change');
/** The only answers with the secret. */
export const createdWebhook = webhook.extend({ secret: z.string() });
export type CreatedWebhook = z.infer<typeof createdWebhook>;

/** `dropped`: the alert was resolved before it was sent, or its recipient was removed. */
export const deliveryState = z.enum(['pending', 'sent', 'given-up', 'dropped']);
export type DeliveryState = z.infer<typeof deliveryState>;

export const delivery = z.object({
  id: z.uuid(),
  alertId: z.uuid().nullable(),
  event: alertEvent,
  kind: z.enum(['mail', 'webhook']),
  /** The address of a mail, the name of a webhook. */
  recipient: z.string(),
  webhookId: z.uuid().nullable(),
  state: deliveryState,
  attempts: z.int(),
  at: instant,
  /** When it is tried next; null if it is not. */
  nextAttemptAt: instant.nullable(),
  settledAt: instant.nullable(),
  /** Of the last attempt: why it failed; empty if it did not. */
  error: z.string(),
});
export type Delivery = z.infer<typeof delivery>;
/** `GET /api/alert-deliveries`, newest first. */
export const deliveryQuery = pageQuery.extend({
  state: deliveryState.optional(),
  webhookId: z.uuid().optional(),
  alertId: z.uuid().optional(),
});
export type DeliveryQuery = z.output<typeof deliveryQuery>;
