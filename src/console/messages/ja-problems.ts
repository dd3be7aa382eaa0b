import type { enProblems } from './en-problems';

export const jaProblems: typeof enProblems = {
  problem: {
    unreachableTitle: 'サーバーに接続できません',
    unreachableRemedy: 'ネットワークを確認してください。コンソールは自動的に再試行します。',
    unexpectedTitle: 'サーバーとこのページのバージョンが異なります',
    unexpectedRemedy: 'ページを再読み込みしてください。サーバーが更新された可能性があります。',
    notLoadedTitle: 'コンソールのこの部分を読み込めませんでした',
    notLoadedRemedy: 'サーバーが更新された可能性があります。ページを再読み込みしてください。',
    entriesLost: '保存していない入力内容は失われます。',
    languageNotLoaded: 'この言語のテキストを読み込めませんでした',
    reload: '再読み込み',
    retryIn: (seconds: number) =>
      `${seconds < 60 ? `${seconds}秒` : `${Math.ceil(seconds / 60)}分`}後に、もう一度お試しください。`,
    pageTitle: 'ページが見つかりません',
    pageRemedy: 'アドレスが間違っているか、対象が削除された可能性があります。',
  },
  problems: {
    'invalid-request': { title: '入力内容が正しくありません', remedy: '示された項目を修正してください。' },
    'not-logged-in': { title: 'ログインが必要です', remedy: 'ログインしてください。' },
    'login-refused': { title: 'ログインできません', remedy: 'ユーザーIDとパスワードを確認してください。' },
    'second-factor-required': {
      title: '第2要素が必要です',
      remedy: '認証アプリのコード、または回復コードを入力してください。',
    },
    'second-factor-missing': {
      title: '第2要素の設定が必要です',
      remedy: 'コンソールにログインし、案内に従って設定してください。',
    },
    'factor-refused': {
      title: '第2要素を確認できません',
      remedy: '次のコードを待って入力するか、回復コードを入力してください。各コードは一度だけ有効です。',
    },
    'login-too-old': {
      title: 'もう一度ログインしてください',
      remedy: 'ログアウトしてログインし直し、15分以内にもう一度操作してください。',
    },
    forbidden: { title: '権限がありません', remedy: '必要な役割を管理者に依頼してください。' },
    'access-denied': {
      title: '機器が許可していません',
      remedy: '機器の所有者に、機器側でアクセス条件を設定するよう依頼してください。',
    },
    'insufficient-scope': {
      title: 'アクセストークンの範囲外です',
      remedy: 'このスコープを持つトークンを取得してください。クライアントのスコープは管理者が決めます。',
    },
    'record-refused': {
      title: '承認記録が拒否されました',
      remedy: 'エージェントの認証情報を入れ替えたり復元したりした場合は、エージェントを再登録してください。',
    },
    'cross-site': {
      title: '別のサイトからの要求は拒否されます',
      remedy: 'このサーバーのコンソールを使用してください。',
    },
    'unknown-host': {
      title: 'このサーバーの名前ではありません',
      remedy: 'PLATEN_PUBLIC_URLのアドレスを使用してください。他の名前は管理者がPLATEN_HOST_NAMESに追加できます。',
    },
    'not-found': { title: '見つかりません', remedy: 'アドレスを確認してください。' },
    'unknown-device': {
      title: '不明な機器です',
      remedy: '機器一覧を確認してください。エージェントが削除された可能性があります。',
    },
    'unknown-application': {
      title: '不明なアプリケーションです',
      remedy: '機器のページにあるアプリケーションを選択してください。',
    },
    'unknown-session': { title: '不明なセッションです', remedy: 'セッション一覧を確認してください。' },
    'device-offline': {
      title: '機器はオフラインです',
      remedy: 'エージェントとそのネットワークを確認してもらい、もう一度お試しください。',
    },
    'other-device': {
      title: 'この機器のアドレスで別の機器が応答しています',
      remedy: '機器の画面を確認してください。交換されたかどうかは、そこで管理者が決定します。',
    },
    'rollout-open': {
      title: '展開が実行中です',
      remedy: '完了を待つか、終了してください。',
    },
    'unknown-rollout': { title: '不明な展開です', remedy: '展開の一覧をご確認ください。' },
    'no-substitute': {
      title: 'エージェントを復帰させることができません',
      remedy: '同じ拠点の別のエージェントを起動するか、エージェントが接続するまでお待ちください。',
    },
    'session-exists': {
      title: 'この機器とのセッションがまだ開いています',
      remedy: '先に終了するか、両方の終了ログがそろうまでお待ちください。',
    },
    'requests-waiting': {
      title: 'この機器では別の依頼が回答待ちです',
      remedy: '回答されてから、もう一度お試しください。',
    },
    'session-over': { title: 'セッションは終了しています', remedy: '新しいセッションを依頼してください。' },
    'wrong-state': { title: '現在の状態では実行できません', remedy: '状態を確認し、もう一度お試しください。' },
    outdated: {
      title: 'その間に変更されました',
      remedy: '現在の内容を確認してから、もう一度変更してください。',
    },
    conflict: { title: '競合が発生しました', remedy: '別の名前を選択するか、詳細を確認してください。' },
    'code-refused': {
      title: '登録コードが拒否されました',
      remedy: '新しい登録コードを作成してください。コードは一度だけ使用でき、有効期限があります。',
    },
    'too-large': {
      title: '要求が大きすぎます',
      remedy: 'データ量を減らしてください。上限はdocs/LIMITS.mdに記載されています。',
    },
    'too-many-requests': { title: '要求が多すぎます', remedy: 'しばらく待ってから、もう一度お試しください。' },
    'relay-unavailable': {
      title: '中継サーバーを利用できません',
      remedy: 'しばらくしてから、もう一度お試しください。解決しない場合は、管理者に問い合わせてください。',
    },
    'relays-drained': {
      title: 'すべての中継サーバーが新規受付を停止しています',
      remedy: '「デプロイ」画面で中継サーバーの受付を再開するよう、管理者に依頼してください。',
    },
    'no-relay-in-region': {
      title: 'リージョンの中継サーバーを利用できません',
      remedy: 'しばらくしてから、もう一度お試しください。解決しない場合は、管理者に問い合わせてください。',
    },
    'browser-access-unavailable': {
      title: '機器のページをブラウザーで開けません',
      remedy: '代わりに、コマンドラインを使用してください。コマンドは詳細に記載されています。',
    },
    'deployment-in-progress': {
      title: '新しい中継サーバーをデプロイしています',
      remedy: 'しばらくしてから、もう一度お試しください。',
    },
    'deployment-open': {
      title: 'この中継サーバーではすでにデプロイが進行中です',
      remedy: 'そのデプロイが終わるまで待つか、中止してください。',
    },
    'deployment-unsupported': {
      title: 'このサーバーからはこの中継サーバーをデプロイできません',
      remedy:
        '別の場所で管理されている中継サーバーにはPLATEN_DEPLOY_COMMANDを設定してください。または、中継サーバー「local」をデプロイしてください。',
    },
    'nothing-to-deploy': {
      title: 'デプロイする変更がありません',
      remedy: '別のリリースまたは別のペア数を選択してください。',
    },
    'unknown-deployment': { title: '不明なデプロイです', remedy: '履歴を確認してください。' },
    'unknown-relay': {
      title: '不明な中継サーバーです',
      remedy: 'ページを再読み込みしてください。中継サーバーが削除された可能性があります。',
    },
    'unknown-release': {
      title: '不明なリリースです',
      remedy: '一覧から選択してください。リリースが削除された可能性があります。',
    },
    'release-refused': {
      title: 'リリースが拒否されました',
      remedy: '発行元からもう一度入手してください。原因は詳細を確認してください。',
    },
    'release-in-use': {
      title: 'リリースは使用中です',
      remedy: '別のリリースをデプロイしてから削除してください。',
    },
    'too-many-releases': {
      title: 'リリースの数が上限に達しています',
      remedy: '不要なリリースを削除してください。',
    },
    'release-key-missing': {
      title: 'リリースとファームウェアを検証する鍵がありません',
      remedy: 'PLATEN_RELEASE_PUBLIC_KEYに、発行元の公開鍵を設定してください。',
    },
    'unknown-job': { title: '不明な保守ジョブです', remedy: 'ジョブ一覧を確認してください。' },
    'operation-unsupported': {
      title: '機器がこの操作に対応していません',
      remedy: 'ページを再読み込みし、実行できる操作を確認してください。操作はエージェントの設定で決まります。',
    },
    'too-many-jobs': {
      title: '機器の進行中のジョブが多すぎます',
      remedy: '他のジョブの終了を待つか、取り消してください。',
    },
    'job-begun': {
      title: 'ジョブはすでに開始されています',
      remedy: '結果をお待ちください。機器で開始されたジョブは取り消せません。',
    },
    'unknown-firmware': {
      title: '不明なファームウェアです',
      remedy: '一覧から選択してください。ファームウェアが削除された可能性があります。',
    },
    'firmware-unfit': {
      title: '別の機種用のファームウェアです',
      remedy: '機器の機種に合うファイルを選択してください。',
    },
    'firmware-refused': {
      title: 'ファームウェアが拒否されました',
      remedy: '署名して（platen firmware sign）、もう一度アップロードしてください。原因は詳細を確認してください。',
    },
    'firmware-unsigned': {
      title: 'ファームウェアが署名されていません',
      remedy: '署名したファイルをアップロードし、このファイルは削除してください。',
    },
    'firmware-in-use': {
      title: '進行中のジョブまたはキャンペーンがこのファームウェアを必要としています',
      remedy: '終了を待つか、取り消してください。',
    },
    'too-many-firmware-files': {
      title: 'ファームウェアファイルの数が上限に達しています',
      remedy: '不要なファイルを削除してください。',
    },
    'unknown-campaign': {
      title: '不明なキャンペーンです',
      remedy: '一覧を確認してください。古いキャンペーンは削除されている可能性があります。',
    },
    'unknown-settings-template': {
      title: '不明な設定テンプレートです',
      remedy: '一覧を確認してください。削除されている可能性があります。',
    },
    'too-many-campaigns': {
      title: '進行中のキャンペーンが多すぎます',
      remedy: 'いくつかの終了を待つか、中止してください。',
    },
    'unknown-alert': {
      title: '不明なアラートです',
      remedy: '一覧を確認してください。古いアラートは削除されている可能性があります。',
    },
    'unknown-notice': {
      title: '不明なお知らせです',
      remedy: '古いお知らせは削除されている可能性があります。',
    },
    'database-unavailable': {
      title: 'サーバーのデータベースを使用できません',
      remedy: 'しばらくしてからもう一度お試しください。管理者は /readyz でデータベースを確認できます。',
    },
    'backups-off': {
      title: 'サーバーはバックアップを作成していません',
      remedy: 'PLATEN_BACKUP_FOLDERに別のディスクのフォルダーを設定し、サーバーを再起動してください。',
    },
    'backup-running': {
      title: 'バックアップを作成中です',
      remedy: '完了するまでお待ちください。',
    },
    'storage-full': {
      title: 'サーバーのディスクがいっぱいです',
      remedy: 'サーバーのデータフォルダーの空き容量を増やし、もう一度お試しください。',
    },
    'internal-error': {
      title: '内部エラーが発生しました',
      remedy: 'サーバーのログでインシデントIDを確認してください。',
    },
  },
};
