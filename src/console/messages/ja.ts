import type { Messages } from './en';
import { jaSecurity } from './ja-security';
import { jaAccess } from './ja-access';
import { jaAlerts } from './ja-alerts';
import { jaAdministration } from './ja-administration';
import { jaClients } from './ja-clients';
import { jaDetail, jaFieldError } from './ja-details';
import { jaDeployment } from './ja-deployment';
import { jaDevices } from './ja-devices';
import { jaFirmware, jaMaintenance } from './ja-maintenance';
import { jaProblems } from './ja-problems';
import { jaHistory, jaReports } from './ja-readings';
import { jaSessions } from './ja-sessions';

export const ja: Messages = {
  language: 'ja',
  product: 'Platen',
  actions: {
    cancel: 'キャンセル',
    save: '保存',
    close: '閉じる',
    copy: 'コピー',
    copied: 'コピーしました',
    more: 'さらに表示',
    retry: '再試行',
    menu: 'メニュー',
    skip: '本文へ移動',
  },
  login: {
    title: 'ログイン',
    userId: 'ユーザーID',
    password: 'パスワード',
    submit: 'ログイン',
    hint: 'アカウントは管理者が作成します。',
    ended: 'ログインが終了しました。続けるには、もう一度ログインしてください。',
  },
  shell: {
    navigation: 'メインナビゲーション',
    work: '業務',
    administration: '管理',
    account: 'アカウント',
    profile: 'プロフィール',
    logOut: 'ログアウト',
    language: '言語',
    theme: 'テーマ',
    auto: 'システムに合わせる',
    light: 'ライト',
    dark: 'ダーク',
    reconnecting: '再接続しています…',
    reconnectingHint: 'サーバーが応答するまで、表示内容が古い可能性があります。',
  },
  roles: { admin: '管理者', technician: '技術者' },
  ...jaDevices,
  alerts: jaAlerts,
  access: jaAccess,
  ...jaSessions,
  maintenance: jaMaintenance,
  firmware: jaFirmware,
  history: jaHistory,
  reports: jaReports,
  deployment: jaDeployment,
  ...jaAdministration,
  clients: jaClients,
  notices: {
    title: 'お知らせ',
    lead: 'あなたとあなたのチームのセッションに関するお知らせです。',
    bell: (n) => (n === '0' ? 'お知らせ' : `お知らせ：未読${n}件`),
    unread: '未読',
    all: 'すべて',
    new: '新しいお知らせ',
    halted: (device) => `「${device}」とのセッションが中断されました`,
    haltedOf: (user, device) => `${user}さんと「${device}」とのセッションが中断されました`,
    agentRefused: (agent) => `エージェント「${agent}」の別のインストール先を拒否しました`,
    agentRefusedHint:
      'アカウントのパスワードを持つ別のインストール先です。エージェントを移動した場合やバックアップから復元した場合は、別のインストール先を許可してください。それ以外の場合は登録し直してください。複製はすべて無効になります。',
    why: '中継サーバーが更新されたためです。',
    next: '続けるには、もう一度アクセスを依頼してください。',
    session: 'セッションの詳細',
    read: '既読にする',
    readAll: 'すべて既読にする',
    others: (n) => `他${n}件`,
    emptyUnread: '未読のお知らせはありません',
    emptyUnreadHint: 'セッションが中断されると、すぐにここに表示されます。',
    emptyAll: 'お知らせはまだありません',
    toAll: 'すべてのお知らせを表示',
    mails: {
      none: '',
      pending: 'メールを送信しています',
      sent: 'メールでも送信済み',
      'given-up': 'メールを配信できませんでした',
    },
  },
  security: jaSecurity,
  profile: {
    title: 'プロフィール',
    about: '基本情報',
    email: 'メールアドレス',
    emailHint: 'セッションの中断などのお知らせが、このアドレスにも送信されます',
    language: '言語',
    browserLanguage: 'ブラウザーの設定に合わせる',
    saved: '保存しました。',
    password: 'パスワード',
    current: '現在のパスワード',
    next: '新しいパスワード',
    changePassword: 'パスワードを変更',
    passwordHint: '他のログインはすべて終了し、APIトークンはすべて取り消されます。',
    passwordChanged: 'パスワードを変更しました。他のログインは終了し、APIトークンは取り消されました。',
  },
  ...jaProblems,
  languages: { en: 'English', ja: '日本語' },
  loading: '読み込んでいます',
  keptSince: (date: string) => `${date}より前の履歴は保存されていません。`,
  detail: jaDetail,
  fieldError: jaFieldError,
};
