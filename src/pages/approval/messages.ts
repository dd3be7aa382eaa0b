import type { Operation } from '../../protocol/maintenance';
import type { SettingName } from '../../protocol/device-settings';
import type { Ending } from '../../protocol/remote-session';
import { SETTING_TITLES } from '../../protocol/setting-names';

export const LANGUAGES = ['en', 'ja'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The page fills in placeholders such as `{user}` and `{time}`. */
export interface Messages {
  readonly title: string;
  /** Name of the other language, in that language. */
  readonly switchTo: string;
  readonly connecting: string;
  readonly online: string;
  readonly asleep: string;
  readonly offline: string;
  readonly silent: string;
  readonly idle: string;
  readonly idleHint: string;
  readonly idleAsleep: string;
  readonly idleOffline: string;
  readonly history: string;
  readonly historyEmpty: string;
  readonly columns: readonly [when: string, who: string, what: string, how: string, result: string];
  readonly question: string;
  readonly jobQuestion: string;
  readonly jobAnonymous: string;
  readonly jobOf: string;
  readonly firmwareVersion: string;
  readonly requester: string;
  readonly jobYes: string;
  readonly jobNo: string;
  readonly device: string;
  readonly application: string;
  readonly reason: string;
  readonly duration: string;
  readonly minutes: string;
  readonly unanswered: string;
  readonly more: string;
  readonly yes: string;
  readonly yesMeans: string;
  readonly also: string;
  readonly alsoMeans: string;
  readonly view: string;
  readonly viewMeans: string;
  readonly no: string;
  readonly noMeans: string;
  readonly operating: string;
  readonly viewing: string;
  readonly approved: string;
  readonly ending: string;
  readonly draining: string;
  readonly left: string;
  readonly end: string;
  readonly failed: string;
  readonly operated: string;
  readonly viewed: string;
  readonly maintaining: string;
  readonly held: string;
  readonly operations: Readonly<Record<Operation, string>>;
  readonly settings: Readonly<Record<SettingName, string>>;
  readonly endings: Readonly<Record<Ending, string>>;
}

export const MESSAGES: Readonly<Record<Language, Messages>> = {
  en: {
    title: 'Remote maintenance',
    switchTo: '日本語',
    connecting: 'Connecting …',
    online: 'Ready',
    asleep: 'Saving power',
    offline: 'Service not reachable',
    silent: 'No answer from the agent',
    idle: 'No one has access',
    idleHint: 'Remote maintenance starts only when you allow it on this screen.',
    idleAsleep:
      'Saving power until access is requested. Remote maintenance starts only when you allow it on this screen.',
    idleOffline: 'The service cannot be reached at the moment. Access cannot be requested.',
    history: 'Past sessions',
    historyEmpty: 'No sessions yet.',
    columns: ['When', 'Who', 'What', 'Access', 'Result'],
    question: 'May {user} use this device remotely?',
    jobQuestion: 'May the service do this: {operation}?',
    jobAnonymous: 'not stated',
    jobOf: 'Operation',
    firmwareVersion: 'Firmware version',
    requester: 'Requested by',
    jobYes: 'Starts once',
    jobNo: 'Does not start',
    device: 'Device',
    application: 'Application',
    reason: 'Reason',
    duration: 'Duration',
    minutes: 'up to {minutes} minutes',
    unanswered: 'Without an answer, nothing starts. Time left:',
    more: 'More requests waiting: {count}',
    yes: 'YES',
    yesMeans: 'Can view and operate the device',
    also: 'For {minutes} min',
    alsoMeans: 'YES, also to further requests of this user',
    view: 'View only',
    viewMeans: 'Can view but not operate the device',
    no: 'NO',
    noMeans: 'No access',
    operating: '{user} has control',
    viewing: '{user} is viewing',
    approved: '{user} is connecting',
    ending: 'The session is ending',
    draining: 'The service is about to be updated. The session will be interrupted.',
    left: 'left',
    end: 'End now',
    failed: 'Your choice could not be sent. Please try again.',
    operated: 'Full control',
    viewed: 'View only',
    maintaining: '{device}: {operation} …',
    held: '{device}: {operation} – waiting for the device',
    settings: SETTING_TITLES.en,
    operations: {
      information: 'Reading the device information',
      counters: 'Reading the counters',
      identify: 'Identifying the device',
      'test-page': 'Printing a test page',
      restart: 'Restarting the device',
      'settings-read': 'Reading the settings',
      'settings-set': 'Changing settings of the device',
      'logs-read': 'Reading the log of the agent',
      'firmware-install': 'Installing firmware',
    },
    endings: {
      declined: 'Declined',
      denied: 'Denied by the access conditions',
      expired: 'Timed out',
      cancelled: 'Cancelled by the technician',
      'device-offline': 'Device was not reachable',
      'ended-by-terminal': 'Ended by the technician',
      'ended-by-device': 'Ended here',
      'ended-by-administrator': 'Ended by an administrator',
      revoked: 'Access was revoked',
      'halted-by-deployment': 'Interrupted for a service update',
      'lost-device': 'Connection lost',
      'lost-terminal': 'The technician lost the connection',
      'lost-relay': 'Service was interrupted',
      failed: 'Could not be set up',
    },
  },
  ja: {
    title: 'リモートメンテナンス',
    switchTo: 'English',
    connecting: '接続しています…',
    online: '待機中',
    asleep: '省電力中',
    offline: 'サービスに接続できません',
    silent: 'エージェントから応答がありません',
    idle: '現在アクセスしている人はいません',
    idleHint: 'リモートメンテナンスは、この画面で許可したときにのみ開始されます。',
    idleAsleep: '依頼があるまで省電力中です。リモートメンテナンスは、この画面で許可したときにのみ開始されます。',
    idleOffline: '現在サービスに接続できないため、アクセスの依頼は届きません。',
    history: 'これまでのセッション',
    historyEmpty: 'セッションの履歴はありません。',
    columns: ['日時', '担当者', '対象', '権限', '結果'],
    question: '{user} さんのリモート利用を許可しますか？',
    jobQuestion: '次の操作を許可しますか：{operation}',
    jobAnonymous: '不明',
    jobOf: '操作',
    firmwareVersion: 'ファームウェアのバージョン',
    requester: '依頼者',
    jobYes: '1回だけ開始',
    jobNo: '開始しない',
    device: '機器',
    application: 'アプリケーション',
    reason: '理由',
    duration: '時間',
    minutes: '最長 {minutes} 分',
    unanswered: '応答がない場合、何も開始されません。残り時間：',
    more: 'ほかに {count} 件の依頼があります',
    yes: 'はい',
    yesMeans: '閲覧と操作を許可',
    also: '{minutes} 分間許可',
    alsoMeans: 'この人の次の依頼も許可',
    view: '閲覧のみ',
    viewMeans: '閲覧は可、操作は不可',
    no: 'いいえ',
    noMeans: 'アクセスを拒否',
    operating: '{user} さんが操作しています',
    viewing: '{user} さんが閲覧しています',
    approved: '{user} さんと接続しています',
    ending: 'セッションを終了しています',
    draining: 'まもなくサービスが更新されます。セッションはそのために中断されます。',
    left: '残り',
    end: '今すぐ終了',
    failed: '送信できませんでした。もう一度お試しください。',
    operated: '操作',
    viewed: '閲覧のみ',
    maintaining: '{device}：{operation}を実行しています',
    held: '{device}：{operation}は機器の準備ができるまで待機しています',
    settings: SETTING_TITLES.ja,
    operations: {
      information: '機器情報の取得',
      counters: 'カウンターの取得',
      identify: '機器の識別',
      'test-page': 'テストページの印刷',
      restart: '機器の再起動',
      'settings-read': '設定の取得',
      'settings-set': '機器の設定の変更',
      'logs-read': 'エージェントのログの取得',
      'firmware-install': 'ファームウェアのインストール',
    },
    endings: {
      declined: '拒否しました',
      denied: 'アクセス条件により拒否',
      expired: '時間切れ',
      cancelled: '担当者が取り消しました',
      'device-offline': '機器に接続できませんでした',
      'ended-by-terminal': '担当者が終了',
      'ended-by-device': 'この画面で終了',
      'ended-by-administrator': '管理者が終了',
      revoked: 'アクセス権が取り消されました',
      'halted-by-deployment': 'サービス更新のため中断',
      'lost-device': '接続が切れました',
      'lost-terminal': '担当者の接続が切れました',
      'lost-relay': 'サービスが中断しました',
      failed: '開始できませんでした',
    },
  },
};

/** The first of a browser's preferred languages (BCP 47) that the page has, otherwise English. */
export function languageOf(preferred: readonly string[]): Language {
  const primary = preferred.map((tag) => tag.toLowerCase().split('-')[0]);
  return primary.map((tag) => LANGUAGES.find((language) => language === tag)).find(Boolean) ?? 'en';
}

/** Replaces the `{placeholders}` of a text with values. */
export const fill = (text: string, values: Readonly<Record<string, string | number>>): string =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => isolated(String(values[name])));

/** Text that is written from right to left must not reverse the order of what surrounds it: FIRST STRONG ISOLATE. */
const isolated = (value: string): string =>
  /[\p{sc=Hebr}\p{sc=Arab}\p{sc=Syrc}\p{sc=Thaa}\p{sc=Nkoo}]/u.test(value) ? `\u2068${value}\u2069` : value;
