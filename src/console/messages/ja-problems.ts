import type { ProblemWords } from './problem-words';

/** Title and remedy of problems. */
export const jaProblems: ProblemWords = {
  'invalid-request': { title: '入力内容が正しくありません', remedy: '示された項目を修正してください。' },
  'not-logged-in': { title: 'ログインが必要です', remedy: 'ログインしてください。' },
  'login-refused': { title: 'ログインできません', remedy: 'ユーザーIDとパスワードを確認してください。' },
  forbidden: { title: '権限がありません', remedy: '必要な役割を管理者に依頼してください。' },
  'not-found': { title: '見つかりません', remedy: 'アドレスを確認してください。' },
  'unknown-device': { title: '不明な機器です', remedy: '機器一覧を確認してください。' },
  'unknown-application': {
    title: '不明なアプリケーションです',
    remedy: '機器のアプリケーションを確認してください。',
  },
  'unknown-session': { title: '不明なセッションです', remedy: 'セッション一覧を確認してください。' },
  'device-offline': {
    title: '機器はオフラインです',
    remedy: 'エージェントとネットワークを確認してから、もう一度試してください。',
  },
  'no-substitute': {
    title: 'エージェントがスリープ中で、復帰させられません',
    remedy: '同じ拠点の別のエージェントを稼働させるか、自動的に復帰するまでお待ちください。',
  },
  'session-exists': {
    title: 'この機器とのセッションがまだ開いています',
    remedy: '終了するか、両側の終了ログがそろうまで待ってください。',
  },
  'session-over': { title: 'セッションは終了しています', remedy: '新しいセッションを依頼してください。' },
  'wrong-state': { title: 'この状態では実行できません', remedy: '状態を確認して、もう一度試してください。' },
  conflict: { title: '既に存在します', remedy: '別の名前を選んでください。' },
  'too-many-requests': { title: '要求が多すぎます', remedy: 'しばらく待ってから、もう一度試してください。' },
  'relay-unavailable': { title: '中継サーバーを利用できません', remedy: 'しばらくしてからもう一度試してください。' },
  'deployment-in-progress': {
    title: '中継サーバーを更新しています',
    remedy: 'しばらくしてから、もう一度試してください。',
  },
  'deployment-open': {
    title: 'この中継サーバーでは既にデプロイが進行中です',
    remedy: '終わるのを待つか、中止してください。',
  },
  'deployment-unsupported': {
    title: 'このサーバーからはデプロイできません',
    remedy: 'サーバーで PLATEN_DEPLOY_COMMAND を設定するか、中継サーバー local をデプロイしてください。',
  },
  'nothing-to-deploy': { title: '変更がありません', remedy: '別のリリースまたは別のペア数を選んでください。' },
  'unknown-deployment': { title: '不明なデプロイです', remedy: '履歴を確認してください。' },
  'unknown-relay': { title: '不明な中継サーバーです', remedy: 'ページを再読み込みしてください。' },
  'unknown-release': { title: '不明なリリースです', remedy: 'リリース一覧を確認してください。' },
  'release-refused': {
    title: 'リリースを受け付けられません',
    remedy: '提供元からもう一度入手してください。原因は詳細を確認してください。',
  },
  'release-in-use': { title: 'リリースは使用中です', remedy: '別のリリースをデプロイしてから削除してください。' },
  'release-key-missing': {
    title: 'リリースを検査する鍵がありません',
    remedy: 'サーバーの PLATEN_RELEASE_PUBLIC_KEY に提供元の公開鍵を設定してください。',
  },
  'unknown-job': { title: '不明な保守ジョブです', remedy: 'ジョブ一覧を確認してください。' },
  'operation-unsupported': {
    title: 'この機器では実行できない操作です',
    remedy: 'エージェントの設定で決まります。ページを再読み込みして、実行できる操作を確認してください。',
  },
  'too-many-jobs': { title: '進行中のジョブが多すぎます', remedy: '終わるのを待つか、取り消してください。' },
  'job-begun': {
    title: '機器は既に実行を開始しています',
    remedy: '結果を待ってください。開始後は取り消せません。',
  },
  'unknown-firmware': { title: '不明なファームウェアです', remedy: 'ファームウェア一覧を確認してください。' },
  'firmware-unfit': { title: '別の機種用のファームウェアです', remedy: '機器の機種に合うファイルを選んでください。' },
  'firmware-refused': {
    title: 'ファームウェアを受け付けられません',
    remedy: 'もう一度アップロードしてください。原因は詳細を確認してください。',
  },
  'firmware-in-use': {
    title: 'ファームウェアは進行中のジョブで必要です',
    remedy: 'ジョブが終わるのを待つか、取り消してください。',
  },
  'too-many-firmware-files': {
    title: 'ファームウェアファイルの数が上限に達しています',
    remedy: '不要なファイルを削除してください。',
  },
  'unknown-notice': { title: '不明なお知らせです', remedy: '古いお知らせは削除されます。' },
  'too-large': { title: '要求が大きすぎます', remedy: '上限は docs/LIMITS.md にあります。' },
  'storage-full': {
    title: 'サーバーのディスクがいっぱいです',
    remedy: 'サーバーのデータフォルダーの空きを増やしてから、もう一度試してください。',
  },
  'internal-error': { title: 'サーバーで問題が発生しました', remedy: 'サーバーログでIDを調べてください。' },
};
