import type { Language } from '../../../protocol/api';
import { toInstant } from '../../../protocol/names';
import type { AccountEvent, AccountMailEntity } from '../../auth/account-mails/account-mail.entity';

interface Facts {
  readonly address: string;
  readonly browser: string;
  readonly by: string;
  readonly left: number;
}
type Advice = 'own' | 'others' | 'attack' | 'code';
interface Texts {
  readonly events: Record<AccountEvent, (facts: Facts) => readonly [title: string, more?: string]>;
  readonly advice: Record<Advice, readonly string[]>;
  readonly subject: (username: string, about: string) => string;
  readonly several: (events: number) => string;
  readonly colon: string;
  readonly account: (username: string) => string;
  readonly otherBrowser: string;
  readonly somebody: string;
  readonly look: string;
}

/** What someone else did, with the rights for it, and what others have tried; all else is done by the user. */
const ADVICE: Partial<Record<AccountEvent, Advice>> = {
  'factors-reset': 'others',
  'logins-ended': 'others',
  'password-set': 'others',
  'single-sign-on-set': 'others',
  'passwords-refused': 'attack',
  'codes-refused': 'code',
};

const TEXTS: Record<Language, Texts> = {
  en: {
    events: {
      'new-browser': (it) => ['Login from another browser than before', `${it.browser}, from ${it.address}`],
      'recovery-code-used': (it) => [
        'Login with a recovery code',
        `${it.browser}, from ${it.address}; ${it.left} left`,
      ],
      'factor-added': () => ['A second factor was added'],
      'factor-removed': () => ['A second factor was removed'],
      'recovery-codes-replaced': () => ['The recovery codes were replaced'],
      'password-changed': () => ['The password was changed'],
      'api-token-created': () => ['An API token was created'],
      'token-created': () => ['An API token that covers users and external clients was created'],
      'client-created': () => ['An external client was created'],
      'factors-reset': (it) => [`${it.by} removed all second factors`],
      'logins-ended': (it) => [`${it.by} ended logins in browsers`],
      'password-set': (it) => [`${it.by} set a new password`],
      'single-sign-on-set': (it) => [`${it.by} changed the login to single sign-on`],
      'address-changed': () => [
        'The mail address was changed',
        'the account has another one now, or none, and this one gets no more mails about it',
      ],
      'passwords-refused': () => ['Many logins with a wrong password were refused'],
      'codes-refused': () => [
        'Wrong codes of the second factor',
        'the password was entered correctly, and then several wrong codes',
      ],
    },
    advice: {
      own: [
        'If this was you, there is nothing to do. If it was not, someone else can use the account: change the password in',
        'the console, end the other logins, and inform an administrator.',
      ],
      others: ['If you did not expect this, ask an administrator.'],
      attack: [
        'None of these logins succeeded, and further attempts are slowed down. You can still log in with a browser that has',
        'logged in before. A long password and a second factor protect the account.',
      ],
      code: [
        'If this was not you, someone else knows the password. Change it now. The second factor has kept them out, and',
        'further attempts are slowed down.',
      ],
    },
    subject: (username, about) => `Your Platen account ${username}: ${about}`,
    several: (events) => `${events} events`,
    colon: ': ',
    account: (username) => `About the account ${username}:`,
    otherBrowser: 'a program that is no known browser',
    somebody: 'Someone',
    look: 'The console lists the events of your account under Security.',
  },
  ja: {
    events: {
      'new-browser': (it) => ['初めて使われるブラウザーからのログイン', `${it.browser}、接続元 ${it.address}`],
      'recovery-code-used': (it) => ['回復コードでのログイン', `${it.browser}、接続元 ${it.address}、残り${it.left}個`],
      'factor-added': () => ['第2要素が追加されました'],
      'factor-removed': () => ['第2要素が削除されました'],
      'recovery-codes-replaced': () => ['回復コードが再発行されました'],
      'password-changed': () => ['パスワードが変更されました'],
      'api-token-created': () => ['APIトークンが作成されました'],
      'token-created': () => ['ユーザーと外部クライアントを管理できるAPIトークンが作成されました'],
      'client-created': () => ['外部クライアントが作成されました'],
      'factors-reset': (it) => [`${it.by} がすべての第2要素を削除しました`],
      'logins-ended': (it) => [`${it.by} がブラウザーのログインを終了しました`],
      'password-set': (it) => [`${it.by} が新しいパスワードを設定しました`],
      'single-sign-on-set': (it) => [`${it.by} がログイン方法をシングルサインオンに変更しました`],
      'address-changed': () => ['メールアドレスが変更または削除されました', '今後このアドレスにはメールが届きません'],
      'passwords-refused': () => ['誤ったパスワードによるログインを多数拒否しました'],
      'codes-refused': () => ['第2要素の誤ったコード', '正しいパスワードに続いて、誤ったコードが複数回入力されました'],
    },
    advice: {
      own: [
        'ご自身による操作であれば、対応は不要です。心当たりがない場合は、第三者がアカウントを使える状態です。',
        'コンソールでパスワードを変更し、ほかのログインを終了して、管理者に連絡してください。',
      ],
      others: ['心当たりがない場合は、管理者に確認してください。'],
      attack: [
        'これらのログインはいずれも成功していません。以降の試行には待ち時間が設けられます。以前にログインしたブラウザーからは引き続きログインできます。',
        '長いパスワードと第2要素でアカウントを保護してください。',
      ],
      code: [
        '心当たりがない場合は、第三者がパスワードを知っています。すぐにパスワードを変更してください。',
        'ログインは第2要素によって防がれており、以降の試行には待ち時間が設けられます。',
      ],
    },
    subject: (username, about) => `Platenのアカウント「${username}」：${about}`,
    several: (events) => `${events}件の操作`,
    colon: '：',
    account: (username) => `アカウント「${username}」：`,
    otherBrowser: '既知のブラウザー以外のプログラム',
    somebody: '別のユーザー',
    look: 'アカウントの操作履歴は、コンソールの「セキュリティ」で確認できます。',
  },
};

/**
 * Subject and text of a mail about one account. It has no secret and no link, and nothing that a request has brought.
 * @param events oldest first @param publicUrl of the console, if known
 */
export function accountMailOf(
  username: string,
  events: readonly AccountMailEntity[],
  language: Language,
  publicUrl: string | undefined,
): { subject: string; text: string; language: Language } {
  const texts = TEXTS[language];
  const titled = events.map(({ event, facts, at }) => {
    const { address = '', browser = texts.otherBrowser, by = texts.somebody, left = 0 } = facts;
    const parts = texts.events[event]({ address, browser, by, left });
    const line = `- ${toInstant(at).slice(0, 16).replace('T', ' ')} UTC: ${parts.join(texts.colon)}`;
    return { title: parts[0], line };
  });
  const about = titled.length === 1 ? titled[0]!.title : texts.several(titled.length);
  const needed = new Set(events.map(({ event }) => ADVICE[event] ?? 'own'));
  const hints = [...needed].flatMap((each) => ['', ...texts.advice[each]]);
  const signature = ['', '-- ', publicUrl ? `Platen, ${publicUrl}` : 'Platen'];
  const lines = [
    texts.account(username),
    '',
    ...titled.map(({ line }) => line),
    ...hints,
    '',
    texts.look,
    ...signature,
  ];
  return { subject: texts.subject(username, about), text: [...lines, ''].join('\n'), language };
}
