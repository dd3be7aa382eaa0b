import type { Language } from './messages';

/** Texts about further addresses of a device. The page fills in placeholders such as `{user}`. */
export interface OriginMessages {
  readonly title: string;
  readonly question: string;
  readonly means: string;
  readonly permit: string;
  readonly decline: string;
  readonly permitted: string;
  readonly setBy: string;
  readonly places: Readonly<Record<string, string>>;
  readonly revoke: string;
}

export const ORIGIN_MESSAGES: Readonly<Record<Language, OriginMessages>> = {
  en: {
    title: 'Further address of the device',
    question: '{user} would like to reach {origin}, too, in sessions with {application} ({device}).',
    means:
      'Permit it only if it is an address of this device. Every session with the application that you allow reaches it then, until you revoke it.',
    permit: 'Permit',
    decline: 'Decline',
    permitted: 'Further addresses that are permitted',
    setBy: 'Permitted {time}, {place}',
    places: { 'local page': 'on this page' },
    revoke: 'Revoke',
  },
  ja: {
    title: '機器の別のアドレス',
    question: '{user} さんが {origin} への接続も求めています（{application} のセッション、{device}）。',
    means:
      'この機器のアドレスである場合にのみ許可してください。許可すると、取り消すまで、このアプリケーションのすべてのセッションで利用できます。',
    permit: '許可',
    decline: '拒否',
    permitted: '許可されている別のアドレス',
    setBy: '{time} に許可（{place}）',
    places: { 'local page': 'このページ' },
    revoke: '取り消す',
  },
};
