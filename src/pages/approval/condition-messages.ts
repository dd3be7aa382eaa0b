import type { BoxOperation, Denial } from '../../protocol/access-conditions';
import type { Language } from './messages';

/** Texts about access conditions. The page fills in placeholders such as `{name}`. */
export interface ConditionMessages {
  readonly title: string;
  readonly open: string;
  readonly back: string;
  readonly intro: string;
  readonly none: string;
  /** For approvers who may not set any. */
  readonly noneHere: string;
  readonly box: string;
  readonly everyBox: string;
  readonly session: string;
  readonly view: string;
  readonly operations: Readonly<Record<BoxOperation, string>>;
  readonly client: string;
  readonly user: string;
  readonly from: string;
  readonly until: string;
  readonly always: string;
  readonly hours: string;
  readonly days: readonly [string, string, string, string, string, string, string];
  readonly usedTimes: string;
  readonly usedTimesOf: string;
  readonly usedBytes: string;
  readonly usedBytesOf: string;
  readonly setBy: string;
  readonly places: Readonly<Record<string, string>>;
  readonly revoke: string;
  readonly revokeNow: string;
  readonly revokeMeans: string;
  readonly keep: string;
  readonly separator: string;
  readonly newTitle: string;
  readonly device: string;
  readonly who: string;
  readonly other: string;
  readonly kind: string;
  readonly clientId: string;
  readonly clientIdHint: string;
  readonly notClientId: string;
  readonly userId: string;
  readonly name: string;
  readonly what: string;
  readonly boxes: string;
  readonly sessions: string;
  readonly boxName: string;
  readonly boxHint: string;
  readonly permitted: string;
  readonly access: string;
  readonly operate: string;
  readonly when: string;
  readonly whenHint: string;
  readonly onDays: string;
  readonly howOften: string;
  readonly howOftenHint: string;
  readonly times: string;
  readonly megabytes: string;
  readonly set: string;
  readonly refused: string;
  readonly denials: string;
  readonly noDenials: string;
  readonly sessionWith: string;
  readonly allBoxes: string;
  readonly repeated: string;
  readonly reasons: Readonly<Record<Denial, string>>;
}

export const CONDITION_MESSAGES: Readonly<Record<Language, ConditionMessages>> = {
  en: {
    title: 'Access conditions',
    open: 'Access conditions',
    back: 'Back',
    intro: 'A condition permits access without asking on this screen. Without a condition, document boxes are closed.',
    none: 'There are no conditions. Set one below to open a document box, or to permit sessions without a YES for each.',
    noneHere: 'There are no conditions. They are set on the display of the device, or on the computer of the agent.',
    box: 'Document box {box}',
    everyBox: 'Every document box',
    session: 'Sessions with {applications}',
    view: 'view only',
    operations: { list: 'list', get: 'get', put: 'put', delete: 'delete' },
    client: 'External client',
    user: 'User',
    from: 'from {time}',
    until: 'until {time}',
    always: 'At any time',
    hours: '{days} {from}–{until}',
    days: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'],
    usedTimes: 'Used {times} times',
    usedTimesOf: 'Used {times} of {limit} times',
    usedBytes: '{bytes} MB transferred',
    usedBytesOf: '{bytes} of {limit} MB transferred',
    setBy: 'Set on {time} ({place})',
    places: { display: 'display of the device', 'local page': 'computer of the agent' },
    revoke: 'Revoke',
    revokeNow: 'Revoke now',
    revokeMeans: 'Access ends at once, also where it is in use.',
    keep: 'Keep',
    separator: ', ',
    newTitle: 'Set a condition',
    device: 'Device',
    who: 'Who',
    other: 'Another user or client …',
    kind: 'Kind',
    clientId: 'Client ID',
    clientIdHint:
      'From the administrator of the service. Or let the client ask once: it is then in the list above, and below under the denied accesses.',
    notClientId: 'A client ID looks like 8c7f1a52-6b1e-4f0c-9b43-2f7a3c1d9e10.',
    userId: 'User ID',
    name: 'Name, as it is shown here',
    what: 'What',
    boxes: 'Document box',
    sessions: 'Sessions',
    boxName: 'Box',
    boxHint: 'Leave empty for every box.',
    permitted: 'Permitted',
    access: 'Access',
    operate: 'Full control',
    when: 'When',
    whenHint: 'Leave empty for no limit. Hours follow the clock of the agent’s computer.',
    onDays: 'On these days only',
    howOften: 'How often',
    howOftenHint: 'Leave empty for no limit.',
    times: 'Times',
    megabytes: 'Megabytes',
    set: 'Set condition',
    refused: 'The condition was not set: {detail}',
    denials: 'Denied accesses',
    noDenials: 'No access has been denied.',
    sessionWith: 'session with {application}',
    allBoxes: 'list of the boxes',
    repeated: '{count} times',
    reasons: {
      'no-condition': 'No condition permits it',
      box: 'The condition is for another box',
      operation: 'Not included in the condition',
      'not-yet': 'The condition does not apply yet',
      expired: 'The condition has expired',
      hours: 'Outside the hours of the condition',
      times: 'The permitted number is used up',
      bytes: 'The permitted volume is used up',
      revoked: 'The condition was revoked',
    },
  },
  ja: {
    title: 'アクセス条件',
    open: 'アクセス条件',
    back: '戻る',
    intro: '条件を設定すると、この画面で確認せずにアクセスを許可します。条件がなければ、文書ボックスは開きません。',
    none: '条件はありません。文書ボックスを開くか、確認なしのセッションを許可するには、下で条件を設定してください。',
    noneHere: '条件はありません。条件は機器の操作画面またはエージェントのコンピューターで設定します。',
    box: '文書ボックス {box}',
    everyBox: 'すべての文書ボックス',
    session: '{applications} とのセッション',
    view: '閲覧のみ',
    operations: { list: '一覧', get: '取得', put: '保存', delete: '削除' },
    client: '外部クライアント',
    user: 'ユーザー',
    from: '{time} から',
    until: '{time} まで',
    always: 'いつでも',
    hours: '{days} {from}～{until}',
    days: ['月', '火', '水', '木', '金', '土', '日'],
    usedTimes: '{times} 回使用',
    usedTimesOf: '{limit} 回中 {times} 回使用',
    usedBytes: '{bytes} MB 転送',
    usedBytesOf: '{limit} MB 中 {bytes} MB 転送',
    setBy: '{time} に設定（{place}）',
    places: { display: '機器の操作画面', 'local page': 'エージェントのコンピューター' },
    revoke: '取り消す',
    revokeNow: '今すぐ取り消す',
    revokeMeans: '使用中のものも含め、アクセスはただちに終了します。',
    keep: 'そのままにする',
    separator: '、',
    newTitle: '条件の設定',
    device: '機器',
    who: '対象者',
    other: 'ほかのユーザーまたはクライアント…',
    kind: '種類',
    clientId: 'クライアント ID',
    clientIdHint:
      'サービスの管理者に確認してください。クライアントが一度要求すると、上の一覧と、下の拒否したアクセスに表示されます。',
    notClientId: 'クライアント ID は 8c7f1a52-6b1e-4f0c-9b43-2f7a3c1d9e10 のような形式です。',
    userId: 'ユーザー ID',
    name: '表示名',
    what: '内容',
    boxes: '文書ボックス',
    sessions: 'セッション',
    boxName: 'ボックス',
    boxHint: '空欄の場合はすべてのボックス。',
    permitted: '許可する操作',
    access: '権限',
    operate: '操作',
    when: '期間',
    whenHint: '空欄の場合は制限なし。時間帯はエージェントのコンピューターの時計に従います。',
    onDays: '次の曜日のみ',
    howOften: '回数',
    howOftenHint: '空欄の場合は制限なし。',
    times: '回数',
    megabytes: 'メガバイト',
    set: '条件を設定する',
    refused: '条件を設定できませんでした：{detail}',
    denials: '拒否したアクセス',
    noDenials: '拒否したアクセスはありません。',
    sessionWith: '{application} とのセッション',
    allBoxes: 'ボックスの一覧',
    repeated: '{count} 回',
    reasons: {
      'no-condition': '許可する条件がありません',
      box: '条件は別のボックスのものです',
      operation: '条件に含まれていません',
      'not-yet': '条件はまだ有効ではありません',
      expired: '条件の期限が切れています',
      hours: '条件の時間帯ではありません',
      times: '許可された回数に達しています',
      bytes: '許可された容量に達しています',
      revoked: '条件が取り消されました',
    },
  },
};
