import { DENIALS, denial } from '../../protocol/access-conditions';
import { RELAY_ANSWERS, relayAnswer } from '../../protocol/deployment';
import { enAlertNames } from './en-alert-names';
import { jaAccess } from './ja-access';
import { jaDeployment } from './ja-deployment';
import { jaDevices } from './ja-devices';

/** Details as Platen's programs report them, and in Japanese; each `{}` is a value. */
export const DETAILS: readonly (readonly [english: string, japanese: string])[] = [
  // readings
  ['new board', '新しい基板'],
  ['another device', '別の機器'],
  // accounts
  ['User ID or password is wrong.', 'ユーザーIDまたはパスワードが正しくありません。'],
  [
    'After failed logins, the next one has to wait.',
    'ログインの失敗が続いたため、次のログインまで時間をおく必要があります。',
  ],
  ['Too many passwords are being checked at the moment.', '現在、パスワードの確認が混み合っています。'],
  ['This requires a login.', 'ログインが必要です。'],
  ['This requires the role {}.', '役割「{}」が必要です。'],
  ['There is no such user.', 'そのユーザーは存在しません。'],
  ['A user {} already exists.', 'ユーザー「{}」はすでに存在します。'],
  ['This is the last active administrator.', '有効な最後の管理者です。'],
  ['You have no such API token.', 'そのAPIトークンは存在しません。'],
  [
    'The administrator of a user must be another active user with the role admin.',
    'ユーザーの管理者には、役割「admin」を持つ別の有効なユーザーを指定してください。',
  ],
  ['There is no such external client.', 'その外部クライアントは存在しません。'],
  [
    'An external client {} already exists, perhaps revoked.',
    '外部クライアント「{}」はすでに存在します（取り消し済みの場合もあります）。',
  ],
  [
    'This external client is revoked. Create another one.',
    'この外部クライアントは取り消し済みです。新しく追加してください。',
  ],
  ['There are already {} external clients.', '外部クライアントはすでに{}個あります。'],
  ['The current password is wrong.', '現在のパスワードが正しくありません。'],
  ['The new password is too easy to guess.', '新しいパスワードは推測されやすいものです。'],
  [
    'this is among the first passwords that an attacker tries; choose several words',
    'よく使われる推測されやすいパスワードです。複数の単語を組み合わせてください。',
  ],
  [
    'The password was right. The login also needs a second factor.',
    'パスワードは確認できました。ログインには第2要素も必要です。',
  ],
  [
    'The password was right. The role of the user also requires a second factor.',
    'パスワードは確認できました。この役割には第2要素も必要です。',
  ],
  [
    'The login was not completed in time. Enter the password again.',
    'ログインが時間内に完了しませんでした。もう一度パスワードを入力してください。',
  ],
  ['The passkey was not accepted.', 'パスキーを確認できませんでした。'],
  ['The code is wrong, or has been used.', 'コードが正しくないか、使用済みです。'],
  ['The code is wrong.', 'コードが正しくありません。'],
  ['this is not the code that the app shows now', 'アプリに表示されているコードと異なります。'],
  ['There is no such second factor.', 'その第2要素は存在しません。'],
  [
    'Your role requires a second factor. Add another one before you remove this one.',
    'あなたの役割には第2要素が必要です。別の第2要素を追加してから削除してください。',
  ],
  ['There are already {} second factors.', '第2要素はすでに{}個あります。'],
  [
    'How a user logs in, and their address, can only be changed shortly after a login.',
    'ログイン方法とメールアドレスを変更できるのは、ログイン直後だけです。',
  ],
  [
    'API tokens cannot change how a user logs in, and not their own address. Use the console.',
    'APIトークンではログイン方法と自分のメールアドレスを変更できません。コンソールを使用してください。',
  ],
  ['This server has no single sign-on.', 'このサーバーにはシングルサインオンがありません。'],
  ['either a password, or single sign-on', 'パスワードとシングルサインオンは、どちらか一方を選択してください。'],
  ['There is no such login of this user.', 'このユーザーのそのログインは存在しません。'],
  ['this is not your password', '現在のパスワードが正しくありません。'],
  ['name the device IDs that the agent may announce', 'エージェントが登録できる機器のIDを入力してください。'],
  ['must be a device ID, or the beginning of one and *', '機器ID、またはIDの先頭部分と「*」を入力してください。'],
  ['user ID must be 1 to 64 of a-z 0-9 . _ @ -', 'a–z、0–9、. _ @ - を1～64文字で入力してください。'],
  ['You have no such notice.', 'そのお知らせは存在しません。'],
  // found devices
  ['This device was taken in, or is not found any more.', 'この機器は登録済みか、検出されなくなっています。'],
  ['There is a device {} already.', '機器「{}」はすでに存在します。'],
  ['A device {} is being taken in at the moment.', '機器「{}」を登録している最中です。'],
  ['Agent {} may announce {} device IDs already.', 'エージェント{}には、すでに{}個の機器IDが許可されています。'],
  ['the agent does not look for devices any more', 'エージェントは機器を検出しない設定になりました'],
  [
    'no printer answers at its address now; switch it on and try again',
    '現在、このアドレスで応答する機器がありません。電源を入れて、もう一度お試しください',
  ],
  ['another device answers at its address now', '現在、このアドレスでは別の機器が応答しています'],
  ['it is the device {} of this agent', 'このエージェントの機器「{}」です'],
  [
    'the owner does not permit that devices are taken in ("takeIn" in "discovery")',
    'エージェントの設置者が機器の登録を許可していません（「discovery」の「takeIn」）',
  ],
  [
    'its address is not in the ranges of the owner, or is one of this computer',
    'アドレスが設置者の許可する範囲にないか、エージェントのコンピューターのものです',
  ],
  ['the configuration of this agent has a device {}', 'エージェントの設定に機器「{}」があります'],
  ['this agent has taken in a device {} already', 'エージェントには機器「{}」がすでに登録されています'],
  ['a device of this agent has its address', 'このエージェントの別の機器が同じアドレスを使っています'],
  ['this agent has {} devices already', 'このエージェントにはすでに{}台の機器があります'],
  ['this device was taken in, or is not found any more', 'この機器は登録済みか、検出されなくなっています'],
  // alerts
  ['There is no such alert.', 'そのアラートは存在しません。'],
  ['The current version is {}.', '現在のバージョンは{}です。'],
  ['There is no such webhook.', 'そのWebhookは存在しません。'],
  ['There are {} webhooks, and there cannot be more.', 'Webhookは{}個あり、上限に達しています。'],
  ['There is no such delivery.', 'その送信は存在しません。'],
  ['The delivery is waiting for its next attempt.', 'この送信は次の試行を待っています。'],
  ['must be an https: URL (http: on loopback)', 'https: のURLを入力してください。'],
  ['must be a time zone such as Europe/Berlin', 'Asia/Tokyoのようなタイムゾーンを選択してください。'],
  ['must not contain a user or a password', 'ユーザー名とパスワードを含まないURLを入力してください。'],
  ['must be more than the percentage below which the alert is raised', '解決の値は、発生の値より大きくしてください。'],
  ['no answer within {} seconds', '{}秒以内に応答がありませんでした'],
  [
    'the receiver answered with the redirection HTTP {}, which is not followed',
    '受信側がリダイレクト（HTTP {}）で応答しました。リダイレクト先には送信されません',
  ],
  ['the receiver answered with HTTP {}', '受信側がHTTP {}で応答しました'],
  [
    '{} is not a public address; administrators of the server can permit it with PLATEN_WEBHOOK_NETWORKS',
    '{}は公開アドレスではありません。サーバーの管理者がPLATEN_WEBHOOK_NETWORKSで許可できます',
  ],
  ['{}, for all customers', '{}、すべての顧客用'],
  ['{}, for customer {}', '{}、顧客「{}」用'],
  // devices and agents
  ['There is no device {}.', '機器「{}」は存在しません。'],
  ['The notes of device {} have been changed in the meantime.', '機器「{}」のメモはその間に変更されました。'],
  ['The filter fits {} devices now, not {}.', '条件に合う機器は現在{}台です（表示時は{}台）。'],
  ['You have no such saved filter.', 'その保存した条件は存在しません。'],
  ['You have a saved filter {} already.', '「{}」という名前の条件はすでに保存されています。'],
  ['You have {} saved filters already.', '保存した条件はすでに{}件あります。'],
  ['filter {}', '条件：{}'],
  ['up to entry {}', '記録{}まで'],
  // backups
  ['PLATEN_BACKUP_FOLDER is not set.', 'PLATEN_BACKUP_FOLDERが設定されていません。'],
  ['A backup is being written.', 'バックアップを作成中です。'],
  ['fields {}', '項目：{}'],
  ['must be an address with http:// or https://', 'http:// または https:// で始まるアドレスを入力してください。'],
  ['must not contain a user name or password', 'ユーザー名やパスワードを含めないでください。'],
  ['There is no agent {}.', 'エージェント「{}」は存在しません。'],
  ['The agent of device {} is not connected.', '機器「{}」のエージェントは接続されていません。'],
  [
    'Agent {} is not connected and cannot be woken, because it belongs to no site.',
    'エージェント「{}」は接続されておらず、拠点に属していないため復帰させることができません。',
  ],
  [
    'Agent {} is not connected and cannot be woken, because no other agent of its site is online.',
    'エージェント「{}」は接続されておらず、同じ拠点にオンラインのエージェントがほかにないため復帰させることができません。',
  ],
  [
    'Agent {} is not connected and was not woken. {}',
    'エージェント「{}」は接続されておらず、復帰させることができませんでした。{}',
  ],
  ['Device {} offers no application {}.', '機器「{}」にアプリケーション「{}」はありません。'],
  ['Device {} is a {}, and has no {}.', '機器「{}」（{}）に操作「{}」はありません。'],
  ['The device did not answer.', '機器が応答しませんでした。'],
  // sessions
  ['There is no session {}.', 'セッション「{}」は存在しません。'],
  ['ended by {}', '{}さんが終了しました'],
  ['the agent of the device was removed', '機器のエージェントが削除されました'],
  ['the agent of the device was moved to another site', '機器のエージェントが別の拠点に移動されました'],
  ['the user was deactivated', 'ユーザーが無効になりました'],
  ['the password of the user was changed', 'ユーザーのパスワードが変更されました'],
  ['the API token was revoked', 'APIトークンが取り消されました'],
  ['the user may no longer access the device', 'ユーザーは機器にアクセスできなくなりました'],
  ['the external client was deactivated', '外部クライアントが無効になりました'],
  ['the external client was revoked', '外部クライアントが取り消されました'],
  ['the external client has expired', '外部クライアントの有効期限が切れました'],
  ['the secret of the external client was replaced', '外部クライアントのシークレットが交換されました'],
  ['the external client may no longer access the device', '外部クライアントは機器にアクセスできなくなりました'],
  ['the server was restarted', 'サーバーが再起動されました'],
  ['the agent holds no connection for this session', 'エージェントにこのセッションの接続がありません'],
  [
    'The answer of the agent has no approval record, although the agent has a signing key.',
    '署名鍵を持つエージェントの回答に承認記録がありません。',
  ],
  [
    'The approval record was not signed with the key of the agent.',
    '承認記録がこのエージェントの鍵で署名されていません。',
  ],
  ['The approval record cannot be read.', '承認記録を読み取れません。'],
  ['The approval record differs from the request or the answer: {}.', '承認記録が依頼または回答と一致しません：{}。'],
  // campaigns
  ['There is no such campaign.', 'そのキャンペーンは存在しません。'],
  ['The campaign is {}; it cannot be {}.', 'キャンペーンの状態は「{}」のため、操作できません（{}）。'],
  ['There are {} open campaigns.', '進行中のキャンペーンは{}件あり、上限に達しています。'],
  [
    'Some devices of this campaign belong to customers that you are not assigned to.',
    'このキャンペーンには、担当していない顧客の機器が含まれています。',
  ],
  ['Every device would be skipped.', 'すべての機器が対象外になります。'],
  ['the device prints {}, but a test page is {}', '機器が印刷できる形式：{}、テストページの形式：{}'],
  ['Failed devices: {} of {}.', '失敗した機器：{}台（終了した機器：{}台）。'],
  ['{} takes no versions', '操作「{}」ではバージョンを指定できません。'],
  ['must be within {} days', '{}日以内にしてください。'],
  ['must be {} minutes or more', '{}分以上にしてください。'],
  // maintenance
  ['the device does not report it', '機器はこの設定を報告していません。'],
  ['the device does not permit it to be set', '機器はこの設定の変更を受け付けません。'],
  ['this agent does not know the setting', 'このエージェントはこの設定を知りません。'],
  ['There is no job {}.', 'ジョブ「{}」は存在しません。'],
  ['Device {} has {} open jobs.', '機器「{}」には進行中のジョブが{}件あります。'],
  ['There is no firmware file {}.', 'ファームウェアファイル「{}」は存在しません。'],
  [
    'The file {} is not signed with the key of this server.',
    'ファイル「{}」は、このサーバーの鍵で署名されていません。',
  ],
  [
    'The signature of {} was not made with the key of this server.',
    '「{}」の署名は、このサーバーの鍵によるものではありません。',
  ],
  ['It ends before the end of its manifest.', 'マニフェストの途中で終わっています。'],
  [
    'It does not start with a manifest: no line of up to {} bytes.',
    'マニフェストで始まっていません（{}バイト以内の行がありません）。',
  ],
  ['This server has no key to verify signatures.', 'このサーバーには署名を検証する鍵がありません。'],
  [
    'enrol the agent again, or set "releaseKeyFile" in its configuration',
    'エージェントを登録し直すか、設定で「releaseKeyFile」を指定してください。',
  ],
  ['the order contains no signature', '依頼に署名が含まれていません。'],
  ['another key signed it, or it was changed after signing', '別の鍵で署名されたか、署名の後に変更されています。'],
  ['it is for {}; the device is {}', '対象の機種は{}、機器は{}です。'],
  ['{} is to be installed; the device has {}', 'インストールするのは{}、機器にあるのは{}です。'],
  [
    '{} is to be installed; the device reports no version to compare with',
    'インストールするのは{}ですが、機器は比較できるバージョンを報告していません。',
  ],
  ['The device was busy.', '機器が動作中でした。'],
  ['The device had stopped.', '機器が停止していました。'],
  ['The device did not answer.', '機器が応答しませんでした。'],
  ['A remote session was open.', 'リモートセッションが開いていました。'],
  ['The device had print jobs in its queue.', '機器に印刷待ちのジョブがありました。'],
  ['The device did not accept print jobs.', '機器が印刷ジョブを受け付けませんでした。'],
  ['The device had no paper.', '機器に用紙がありませんでした。'],
  ['A supply was used up, or a waste container was full.', '消耗品がなくなっているか、回収容器がいっぱいでした。'],
  ['Another job was running.', '別のジョブを実行中でした。'],
  ['no answer in {} ms', '{}ミリ秒以内に応答がありませんでした'],
  ['the device did not answer within {} ms', '機器が{}ミリ秒以内に応答しませんでした'],
  ['the device cannot be reached ({})', '機器に接続できません（{}）'],
  ['the device closed the connection', '機器が接続を切断しました'],
  ['the path does not exist on the device (HTTP {})', 'パスが機器に存在しません（HTTP {}）'],
  ['the device takes no requests at this path (HTTP {})', '機器はこのパスで要求を受け付けません（HTTP {}）'],
  ['the device redirects every request', '機器が要求を繰り返し転送します'],
  ['the device redirects to another host, {} (HTTP {})', '機器が要求を別のホスト「{}」に転送します（HTTP {}）'],
  ['the device redirects to no address (HTTP {})', '機器の転送先にアドレスがありません（HTTP {}）'],
  ['the device redirects from TLS to clear text', '機器が要求をTLSから平文に転送します'],
  ["the device's answer is not IPP but {}", '機器の応答がIPPではなく「{}」です'],
  [
    'the device has no printer at {} ({}): write the path in "ipp"',
    '機器の{}にプリンターがありません（{}）。"ipp" にパスを指定してください',
  ],
  ['the device supports none of the IPP versions {}', '機器はIPPのバージョン{}のいずれにも対応していません'],
  [
    'the device at this address has the serial number "{}" instead of "{}"',
    'このアドレスの機器のシリアル番号は「{}」です（予定：「{}」）',
  ],
  [
    'the device at this address has the UUID "{}" instead of "{}"',
    'このアドレスの機器のUUIDは「{}」です（予定：「{}」）',
  ],
  [
    'the device at this address has the MAC address "{}" instead of "{}"',
    'このアドレスの機器のMACアドレスは「{}」です（予定：「{}」）',
  ],
  ['the device at this address is a "{}" instead of a "{}"', 'このアドレスの機器の機種は「{}」です（予定：「{}」）'],
  ['No other device was found at the address of device {}.', '機器「{}」のアドレスで別の機器は見つかっていません。'],
  [
    'What was found at the address of device {} has changed meanwhile.',
    '機器「{}」のアドレスで見つかった機器は、その後変わりました。',
  ],
  [
    'What was found at the address of device {} is the device {} of the same agent.',
    '機器「{}」のアドレスで見つかったのは、同じエージェントの機器「{}」です。',
  ],
  ['another device than that one answers now, or none', '現在応答しているのは別の機器か、応答する機器がありません'],
  [
    'the configuration of the agent expects the serial number "{}": its owner has to correct "serialNumber" there',
    'エージェントの設定にシリアル番号「{}」が指定されています。所有者が設定の "serialNumber" を修正する必要があります',
  ],
  [
    'the agent is of an earlier version; update it, or accept the device there: platen agent accept-device',
    'エージェントのバージョンが古いため、更新するか、エージェント側で機器を受け入れてください（platen agent accept-device）',
  ],
  [
    'the device at this address reports no serial number and no UUID, and "{}" is expected',
    'このアドレスの機器はシリアル番号もUUIDも報告しません（予定：「{}」）',
  ],
  [
    'device-identities.json in the state folder of the agent cannot be read: remove it to have the devices learnt again',
    'エージェントの状態フォルダーのdevice-identities.jsonを読み取れません。削除すると、機器が改めて登録されます',
  ],
  [
    'the device takes TLS only at this port: use ipps or https',
    '機器はこのポートでTLSのみを受け付けます。ippsまたはhttpsを指定してください',
  ],
  ['the device and the agent cannot agree on TLS ({})', '機器とエージェントの間でTLSの条件が合いません（{}）'],
  [
    "no trusted authority has signed the device's certificate; if the key {} is right, pin it in the configuration",
    '機器の証明書が信頼できる認証局によって署名されていません。鍵「{}」が正しければ、設定に登録してください',
  ],
  ["the device's key does not match the pin: {}", '機器の鍵が、登録されている値と一致しません：{}'],
  [
    'the device requires TLS (HTTP 426), but {}. Write its ipps address in "ipp"',
    '機器はTLSを要求しています（HTTP 426）。"ipp" にippsのアドレスを指定してください。詳細：{}',
  ],
  ["the device's answer is not HTTP ({})", '機器の応答がHTTPではありません（{}）'],
  ['SNMP: {}', 'SNMP：{}'],
  // the check of an agent's connections
  ['{} takes connections', '{}に接続できます'],
  ['is reached, and has the key of the enrolment', '接続でき、登録時の鍵と一致します'],
  ['is reached, and has the key of the enrolment{}', '接続でき、登録時の鍵と一致します{}'],
  ['answers in version {}: {}', 'バージョン{}で応答しています：{}'],
  ['answers, version {}', '応答しています。バージョン{}'],
  ['answers, {}', '応答しています（{}）'],
  ['the device accepts the login', '機器がログインを受け付けました'],
  [
    'the device asks for no login to be read; whether it is right shows at a restart or an installation',
    '情報の取得にログインは不要です。ログインが正しいかどうかは、再起動またはインストールのときに分かります',
  ],
  [
    '{} (UDP) does not answer by SNMP; check that SNMP is switched on at the device, community or user, address and firewalls',
    '{}（UDP）がSNMPに応答しません。機器のSNMP設定、コミュニティ名またはユーザー、アドレス、ファイアウォールを確認してください',
  ],
  [
    '{} cannot be reached ({}); check that the device is on, and its address and port',
    '{}に接続できません（{}）。機器の電源、アドレス、ポートを確認してください',
  ],
  [
    'cannot be reached ({}); have TCP port {} to {} permitted in the firewall {}',
    '接続できません（{}）。ファイアウォールでTCPポート{}（宛先：{}）を許可してもらってください（{}）',
  ],
  ['the name {} cannot be resolved ({}); check DNS', '名前「{}」を解決できません（{}）。DNSを確認してください'],
  [
    'the name {} cannot be resolved ({}); check DNS, or set "proxy"',
    '名前「{}」を解決できません（{}）。DNSを確認するか、"proxy" を設定してください',
  ],
  ['not checked, because its owner does not permit it now', '所有者が現在許可していないため、確認していません'],
  ['some connections could not be checked in time', '時間内に確認できなかった接続があります'],
  ['not checked: {}', '確認していません：{}'],
  [
    'the agent is of an earlier version, which cannot check its connections; update it',
    'エージェントのバージョンが古いため、接続を確認できません。更新してください',
  ],
  ['The connections of agent {} are being checked already.', 'エージェント「{}」の接続はすでに確認中です。'],
  ['the name {} cannot be resolved ({})', '名前「{}」を解決できません（{}）'],
  ['the device does not answer by SNMP (UDP port {} of {})', '機器がSNMPに応答しません（UDPポート{}、{}）'],
  ['the device did not answer by SNMP within {} ms', '機器がSNMPで{}ミリ秒以内に応答しませんでした'],
  [
    'the device answers by SNMP, but has no Printer-MIB (RFC 3805)',
    '機器はSNMPに応答しますが、Printer-MIB（RFC 3805）がありません',
  ],
  ['the device answers with the error {}', '機器がエラー「{}」を返しました'],
  ['the answer of the device is not valid SNMP ({})', '機器の応答が正しいSNMPではありません（{}）'],
  ['the device does not know the user of SNMPv3', '機器にSNMPv3のユーザーが登録されていません'],
  [
    'the device does not accept the authentication password or protocol of SNMPv3',
    'SNMPv3の認証パスワードまたは認証方式が機器と一致しません',
  ],
  ['the device does not accept the privacy password of SNMPv3', 'SNMPv3の暗号化パスワードが機器と一致しません'],
  [
    'the device does not support the security level of SNMPv3 for this user',
    'このユーザーのSNMPv3のセキュリティレベルに機器が対応していません',
  ],
  ['the device encrypts with another privacy password of SNMPv3', '機器は別のSNMPv3暗号化パスワードを使用しています'],
  ['the device authenticates with another password of SNMPv3', '機器は別のSNMPv3認証パスワードを使用しています'],
  [
    'the device refuses the time of SNMPv3 requests, also after synchronization',
    '同期後も、機器がSNMPv3の要求の時刻を受け付けません',
  ],
  [
    'the answer is not authenticated and encrypted as the request is',
    '応答が要求と同じように認証および暗号化されていません',
  ],
  ["the device's answer is not IPP: {}", '機器の応答がIPPとして正しくありません：{}'],
  ["the device's answer is for another request", '機器の応答が別の要求に対するものです'],
  ['the device answered with more than {} bytes', '機器の応答が{}バイトを超えています'],
  ['the device answered with HTTP {}', '機器がHTTP {}で応答しました'],
  ['the device answered {} with {}{}', '機器が{}に{}{}で応答しました'],
  ['the device does not support {}', '機器が{}に対応していません'],
  [
    'the device requires a login (HTTP 401): add "login" to the device in the configuration of the agent',
    '機器がログインを要求しています（HTTP 401）。エージェントの設定で、機器に "login" を追加してください',
  ],
  [
    'the device asks for a login that the agent does not support: {}',
    '機器が要求するログイン方式にエージェントが対応していません：{}',
  ],
  [
    'the device refuses the user or the password of "login" in the configuration of the agent',
    '機器が、エージェントの設定の "login" にあるユーザーまたはパスワードを受け付けません',
  ],
  ['Version after installation is {}, expected {}.', 'インストール後のバージョンは{}です（予定：{}）。'],
  ['the agent was stopped', 'エージェントが停止されました'],
  ['must be a version such as 2.15.000', '2.15.000のようなバージョンを入力してください。'],
  // deployment
  ['There is no deployment {}.', 'デプロイ「{}」は存在しません。'],
  ['There is no release {}.', 'リリース「{}」は存在しません。'],
  ['No relay {} is connected to this server.', '中継サーバー「{}」はこのサーバーに接続されていません。'],
  ['It reports version {}.', '報告されたバージョンは{}です。'],
  ['It runs {} pairs instead of {}.', 'ペアの数は{}です（予定：{}）。'],
  ['Another relay replaced it.', '別の中継サーバーに置き換えられました。'],
  ['The earlier relay is not in service.', '以前の中継サーバーが稼働していません。'],
  ['The earlier relay is still in service.', '以前の中継サーバーがまだ稼働しています。'],
  ['It was not in service in time.', '時間内に稼働しませんでした。'],
  ['It was restarted.', '再起動されました。'],
  ['No relay connected after the command.', 'コマンドの実行後、接続した中継サーバーはありませんでした。'],
  ['The command did not end in time and was stopped.', 'コマンドが時間内に終わらなかったため、停止しました。'],
  ['{} sessions: {}', '{}件のセッション：{}'],
  ['The server was not running at the scheduled time.', '予約した日時にサーバーが稼働していませんでした。'],
  ['must be in the future', '現在より後の日時を指定してください。'],
  ['must be within a week', '1週間以内の日時を指定してください。'],
  // audit trail
  ['from {}', '接続元：{}'],
  ['(command line)', '（コマンドライン）'],
  ['(no login)', '（ログインなし）'],
  ['(unknown user)', '（不明なユーザー）'],
  ['{}, for users and external clients', '{}（ユーザーと外部クライアント用）'],
  ['devices {}', '機器: {}'],
  ['devices {}, valid until {}', '機器: {}、{}まで有効'],
  ['valid until {}', '{}まで有効'],
  ['for site {} of customer {}, devices {}, valid until {}', '拠点「{}」（顧客「{}」）用、機器: {}、{}まで有効'],
  ['for site {} of customer {}, valid until {}', '拠点「{}」（顧客「{}」）用、{}まで有効'],
  ['to site {} of customer {}', '移動先：拠点「{}」（顧客「{}」）'],
  [
    'from site {} of customer {} to site {} of customer {}',
    '移動元：拠点「{}」（顧客「{}」）、移動先：拠点「{}」（顧客「{}」）',
  ],
  ['as the relay reports it', '中継サーバーの設定に従う'],
  ['open sessions: {}', '進行中のセッション：{}件'],
  ['at most {}', '上限{}件'],
  ['only region {}, of customer {}', 'リージョン「{}」のみ、顧客「{}」'],
  ['region {}, of customer {}', 'リージョン「{}」、顧客「{}」'],
  ['as its customer, of customer {}', '顧客の設定に従う、顧客「{}」'],
  ['only region {}', 'リージョン「{}」のみ'],
  ['region {}', 'リージョン「{}」'],
  ['any region', 'リージョンの指定なし'],
  [
    'Administrators have drained every connected relay, so no session can start.',
    '接続中のすべての中継サーバーで、管理者が新規受付を停止しています。セッションを開始できません。',
  ],
  ['No relay {} has connected to this server.', '中継サーバー「{}」はこのサーバーに接続したことがありません。'],
  [
    'Relay {} has open sessions: {}. Drain it, and wait until they have ended.',
    '中継サーバー「{}」には進行中のセッションが{}件あります。新規受付を停止し、セッションの終了を待ってください。',
  ],
  ['Relay {} is in service. Drain it first.', '中継サーバー「{}」は使用中です。先に新規受付を停止してください。'],
  [
    'This server runs relay {} itself. Set PLATEN_RELAY=remote to do without it.',
    '中継サーバー「{}」はこのサーバーが起動しています。使用しない場合は、PLATEN_RELAY=remoteを設定してください。',
  ],
  [
    'Sessions with this site may only use relays in the region {}, and none of them accepts new sessions.',
    'この拠点とのセッションにはリージョン「{}」の中継サーバーだけを使用できますが、新しいセッションを受け付けるものがありません。',
  ],
  ['of customer {}', '顧客「{}」'],
  ['formerly {}, of customer {}', '旧名：{}、顧客「{}」'],
  ['formerly {}', '旧名：{}'],
  // readings and reports
  ['There is no such jump of a meter.', 'そのカウンターの飛びは存在しません。'],
  ['There is no such metered device.', 'その検針対象の機器は存在しません。'],
  ['A reading cannot be entered for this time.', 'この日時の検針値は入力できません。'],
  ['must be in the past, and not longer ago than 400 days', '過去400日以内の日時を入力してください。'],
  ['enter a reason', '理由を入力してください。'],
  ['enter a counter', 'カウンターを入力してください。'],
  ['The report has more than {} devices. Choose one customer.', '機器が{}台を超えています。お客様を選択してください。'],
  ['There is no such template.', 'そのテンプレートは存在しません。'],
  ['There is no such settings template.', 'その設定テンプレートは存在しません。'],
  ['The template {} has been changed in the meantime.', 'テンプレート「{}」はその間に変更されました。'],
  ['There are {} settings templates, and there cannot be more.', '設定テンプレートは{}件までです。'],
  ['give settings or a template, not both', '設定かテンプレートのどちらか一方を指定してください'],
  ['A template {} already exists.', 'テンプレート「{}」はすでに存在します。'],
  ['There is no such mail.', 'そのメール設定は存在しません。'],
  ['name the counter', 'カウンターを指定してください。'],
  ['none', 'なし'],
  ['account renewed, signing key: {}', 'アカウントを更新、署名鍵：{}'],
  ['account made, signing key: {}', 'アカウントを作成、署名鍵：{}'],
];

const PATTERNS = DETAILS.map(([english, japanese]) => {
  const text = english.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll('{}', '(.+?)');
  return { pattern: new RegExp(`^${text}$`), japanese };
});

/** Alerts that a device words like the console does. */
const ALERTS = new Map(
  Object.keys(enAlertNames).map((code) => [enAlertNames[code]?.toLowerCase(), jaDevices.information.alertNames[code]]),
);

/** Why a deployment failed while its device list was doubtful. */
const RELAYED = new Map(
  relayAnswer.options.map((answer) => [RELAY_ANSWERS[answer] as string, jaDeployment.relayAnswers[answer]]),
);

const DENIED = new Map(denial.options.map((reason) => [DENIALS[reason] as string, jaAccess.reasons[reason]]));

/** A detail in Japanese if it is known, or else as it is reported. */
export function jaDetail(text: string): string {
  for (const { pattern, japanese } of PATTERNS) {
    const [, ...values] = pattern.exec(text) ?? [];
    if (pattern.test(text)) return values.reduce((filled, value) => filled.replace('{}', () => value), japanese);
  }
  return ALERTS.get(text.toLowerCase()) ?? DENIED.get(text) ?? RELAYED.get(text) ?? text;
}

/** An error of a form's field in Japanese; the description of the field says what is valid. */
export function jaFieldError(text: string): string {
  const known = jaDetail(text);
  return known === text ? '入力内容を確認してください。' : known;
}
