import type { Language } from '../approval/messages';

/** Texts of the LAN page beside those of the approval screen. */
export interface ApproverMessages {
  readonly pairTitle: string;
  readonly pairHint: string;
  readonly code: string;
  readonly name: string;
  readonly nameHint: string;
  readonly newPin: string;
  readonly pinRule: string;
  readonly pinAgain: string;
  readonly pair: string;
  readonly loginTitle: string;
  readonly pin: string;
  readonly login: string;
  readonly withPasskey: string;
  readonly proofTitle: string;
  readonly proofHint: string;
  readonly confirm: string;
  readonly cancel: string;
  readonly allDevices: string;
  readonly otherRequests: string;
  readonly notYours: string;
  readonly account: string;
  readonly changePin: string;
  readonly presentPin: string;
  readonly addPasskey: string;
  readonly passkeys: string;
  readonly logout: string;
  readonly done: string;
  readonly loggedInAs: string;
  readonly different: string;
  readonly lostPin: string;
  readonly wait: string;
  /** By problem code. */
  readonly problems: Readonly<Record<string, string>>;
}

export const APPROVER_MESSAGES: Readonly<Record<Language, ApproverMessages>> = {
  en: {
    pairTitle: 'Pair this phone',
    pairHint: 'Get a pairing code at the box of the device. It works once, for 10 minutes.',
    code: 'Pairing code',
    name: 'Your name',
    nameHint: 'Leave it empty if the code is for a new PIN.',
    newPin: 'New PIN',
    pinRule: '6 to 12 digits',
    pinAgain: 'New PIN again',
    pair: 'Pair this phone',
    loginTitle: 'Hello {name}',
    pin: 'PIN',
    login: 'Log in',
    withPasskey: 'Use a passkey',
    proofTitle: 'Confirm that it is you',
    proofHint: 'Enter your PIN to allow access.',
    confirm: 'Allow',
    cancel: 'Back',
    allDevices: 'All devices',
    otherRequests: 'Requests for other devices: {count}',
    notYours: 'You cannot answer for this device. Ask the person who manages the box.',
    account: 'Your login',
    changePin: 'Change the PIN',
    presentPin: 'Present PIN',
    addPasskey: 'Add a passkey',
    passkeys: 'Passkeys: {count}',
    logout: 'Log out',
    done: 'Done.',
    loggedInAs: 'Logged in as {name}',
    different: 'The two PINs are different.',
    lostPin: 'PIN forgotten? Get a new pairing code at the box.',
    wait: 'Too many wrong tries. Try again in {time}.',
    problems: {
      'pairing-refused': 'This code is wrong, used or expired. Get a new one at the box.',
      'name-required': 'Enter your name.',
      'name-taken': 'Another approver has this name. Add something to yours.',
      'weak-pin': 'This PIN is easy to guess. Choose another one.',
      'pin-refused': 'Wrong PIN.',
      'not-paired': 'This phone is not paired any more. Get a pairing code at the box.',
      'passkey-refused': 'The passkey was not accepted. Try again, or use the PIN.',
      'too-many-approvers': 'There is no room for another one.',
      'invalid-request': 'Check what you have entered.',
      other: 'That did not work. Please try again.',
    },
  },
  ja: {
    pairTitle: 'このスマートフォンをペアリング',
    pairHint: 'エージェントのコンピューターでペアリングコードを取得してください。コードは1回限り、10分間有効です。',
    code: 'ペアリングコード',
    name: 'お名前',
    nameHint: 'PIN を設定し直すためのコードの場合は空欄のままにしてください。',
    newPin: '新しい PIN',
    pinRule: '6～12桁の数字',
    pinAgain: '新しい PIN（確認）',
    pair: 'ペアリングする',
    loginTitle: '{name} さん、こんにちは',
    pin: 'PIN',
    login: 'ログイン',
    withPasskey: 'パスキーを使用',
    proofTitle: 'ご本人の確認',
    proofHint: 'アクセスを許可するには PIN を入力してください。',
    confirm: '許可する',
    cancel: '戻る',
    allDevices: 'すべての機器',
    otherRequests: 'ほかの機器への依頼：{count} 件',
    notYours: 'この機器の依頼には応答できません。エージェントのコンピューターの管理者にお問い合わせください。',
    account: 'ログイン情報',
    changePin: 'PIN を変更',
    presentPin: '現在の PIN',
    addPasskey: 'パスキーを追加',
    passkeys: 'パスキー：{count} 個',
    logout: 'ログアウト',
    done: '完了しました。',
    loggedInAs: '{name} さんとしてログイン中',
    different: '2つの PIN が一致しません。',
    lostPin: 'PIN を忘れた場合は、エージェントのコンピューターで新しいペアリングコードを取得してください。',
    wait: '間違いが続いたため、{time} 後にもう一度お試しください。',
    problems: {
      'pairing-refused':
        'コードが間違っているか、使用済みまたは期限切れです。エージェントのコンピューターで新しいコードを取得してください。',
      'name-required': 'お名前を入力してください。',
      'name-taken': '同じ名前の承認者がいます。区別できる名前にしてください。',
      'weak-pin': 'この PIN は推測されやすいため使用できません。別の PIN にしてください。',
      'pin-refused': 'PIN が違います。',
      'not-paired':
        'このスマートフォンのペアリングは解除されています。エージェントのコンピューターでペアリングコードを取得してください。',
      'passkey-refused': 'パスキーを確認できませんでした。もう一度試すか、PIN を使用してください。',
      'too-many-approvers': 'これ以上追加できません。',
      'invalid-request': '入力内容を確認してください。',
      other: '処理できませんでした。もう一度お試しください。',
    },
  },
};
