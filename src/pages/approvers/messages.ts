import type { Language } from '../approval/messages';

/** Texts of the page on the agent's own computer that manages approvers. */
export interface AdministrationMessages {
  readonly title: string;
  readonly switchTo: string;
  readonly back: string;
  readonly noLan: string;
  readonly intro: string;
  readonly address: string;
  readonly fingerprint: string;
  readonly warning: string;
  readonly none: string;
  readonly facts: string;
  readonly all: string;
  readonly pairTitle: string;
  readonly pairHint: string;
  readonly mayAlso: string;
  readonly setsConditions: string;
  readonly pair: string;
  readonly codeFor: string;
  readonly newApprover: string;
  readonly codeHint: string;
  readonly codeLeft: string;
  readonly codeOver: string;
  readonly reset: string;
  readonly resetSure: string;
  readonly remove: string;
  readonly removeSure: string;
  readonly stickers: string;
  readonly stickerHint: string;
  readonly sticker: string;
  readonly print: string;
  readonly failed: string;
}

export const ADMINISTRATION_MESSAGES: Readonly<Record<Language, AdministrationMessages>> = {
  en: {
    title: 'Approvers',
    switchTo: '日本語',
    back: 'Back',
    noLan:
      'Approval on phones is switched off. To switch it on, add "lan": { "port": 8634 } to "panel" in the configuration of the agent, and restart it.',
    intro: 'Approvers allow remote maintenance on their phones, in the same network as this computer.',
    address: 'Address for phones',
    fingerprint: 'Fingerprint of the certificate (SHA-256)',
    warning:
      'The first time, the phone warns about the certificate, because this computer made it itself. Compare its SHA-256 fingerprint with this one before you continue.',
    none: 'No approvers yet. Pair the phone of the first one below.',
    facts: '{devices} · phones: {phones} · passkeys: {passkeys}',
    all: 'all devices',
    pairTitle: 'Pair a phone',
    pairHint: 'The new approver may answer for:',
    mayAlso: 'The new approver may also:',
    setsConditions: 'set access conditions',
    pair: 'Show a pairing code',
    codeFor: 'Pairing code for {name}',
    newApprover: 'a new approver',
    codeHint: 'Open {url} on the phone and enter this code. It works once.',
    codeLeft: 'Valid for',
    codeOver: 'The code has expired.',
    reset: 'New PIN',
    resetSure: 'All phones and passkeys of {name} stop working now, until the new code is used. Continue?',
    remove: 'Remove',
    removeSure: 'Remove {name}? All their logins end now.',
    stickers: 'Stickers',
    stickerHint: 'Print a sticker and put it on the device. The code leads to its page.',
    sticker: 'Scan to allow remote maintenance of {device}',
    print: 'Print',
    failed: 'That did not work. Please try again.',
  },
  ja: {
    title: '承認者',
    switchTo: 'English',
    back: '戻る',
    noLan:
      'スマートフォンでの承認は無効です。有効にするには、エージェントの設定の "panel" に "lan": { "port": 8634 } を追加して再起動してください。',
    intro: '承認者は、このコンピューターと同じネットワークにあるスマートフォンでリモートメンテナンスを許可します。',
    address: 'スマートフォン用アドレス',
    fingerprint: '証明書のフィンガープリント（SHA-256）',
    warning:
      '証明書はこのコンピューターが作成したものなので、初回はスマートフォンに警告が表示されます。続行する前に、SHA-256 フィンガープリントがこれと一致することを確認してください。',
    none: '承認者はまだいません。下で最初のスマートフォンをペアリングしてください。',
    facts: '{devices} ・ スマートフォン：{phones} ・ パスキー：{passkeys}',
    all: 'すべての機器',
    pairTitle: 'スマートフォンをペアリング',
    pairHint: '新しい承認者が応答できる機器：',
    mayAlso: '新しい承認者に追加で許可すること：',
    setsConditions: 'アクセス条件の設定',
    pair: 'ペアリングコードを表示',
    codeFor: '{name}のペアリングコード',
    newApprover: '新しい承認者',
    codeHint: 'スマートフォンで {url} を開き、このコードを入力してください。コードは1回限り有効です。',
    codeLeft: '有効時間',
    codeOver: 'コードの有効期限が切れました。',
    reset: '新しい PIN',
    resetSure:
      '新しいコードが使用されるまで、{name} さんのスマートフォンとパスキーはすべて使えなくなります。続行しますか？',
    remove: '削除',
    removeSure: '{name} さんを削除しますか？ログインはすべてただちに終了します。',
    stickers: 'ステッカー',
    stickerHint: 'ステッカーを印刷して機器に貼ってください。コードからその機器のページが開きます。',
    sticker: 'スキャンして {device} のリモートメンテナンスを許可',
    print: '印刷',
    failed: '処理できませんでした。もう一度お試しください。',
  },
};
