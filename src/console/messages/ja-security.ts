import type { enSecurity } from './en-security';

export const jaSecurity: typeof enSecurity = {
  title: 'セキュリティ',
  logins: 'ログイン中のブラウザー',
  loginsOf: (name) => `「${name}」がログイン中のブラウザー`,
  browser: 'ブラウザー',
  unknownBrowser: '不明なブラウザー',
  thisBrowser: 'このブラウザー',
  since: 'ログイン日時',
  lastUsed: '最終使用',
  end: '終了',
  endLabel: (browser) => `「${browser}」のログインを終了`,
  endTitle: (browser) => `「${browser}」のログインを終了しますか？`,
  endHint: 'そのブラウザーでは、もう一度ログインが必要になります。APIトークンは引き続き使用できます。',
  endOthers: '他のログインをすべて終了',
  endAll: 'すべてのログインを終了',
  noLogins: 'ログイン中のブラウザーはありません',
  noLoginsHint: 'ログインしたブラウザーがここに表示されます。プログラムはAPIトークンを使用します。',
};
