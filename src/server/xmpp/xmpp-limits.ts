import { LIMITS } from '../../protocol/limits';

type XmppLimit = Extract<keyof typeof LIMITS, `XMPP_${string}`>;

/** The limits of the control channel; tests pass smaller ones. */
export type XmppLimits = Readonly<Record<XmppLimit, number>>;

export function xmppLimits(smaller: Partial<XmppLimits> = {}): XmppLimits {
  return { ...LIMITS, ...smaller };
}
