import type { Alert, AlertRule } from '../../../protocol/alert';
import type { Language } from '../../../protocol/api';
import { shownText } from '../../../protocol/shown-text';
import type { WebhookBody } from '../../../protocol/webhook';

/** What a sentence about an alert is composed of. */
interface Facts {
  readonly device: string;
  readonly agent: string;
  readonly supply: string;
  /** In per cent; empty: not reported. */
  readonly level: string;
  /** Until the supply is empty; empty: not known. */
  readonly daysLeft: string;
  /** Pages of a usual day, and of the last one. */
  readonly usual: number;
  readonly volume: number;
  readonly since: string;
  readonly reported: string;
  /** Keyword of what is reported. */
  readonly code: string;
  /** Day of the newest backup; empty: there is none. */
  readonly newest: string;
  readonly customer: string;
  readonly devices: number;
  readonly silent: number;
  readonly connected: number;
  readonly until: string;
}
interface Texts {
  readonly rules: Record<AlertRule, (facts: Facts) => string>;
  readonly resolved: (subject: string) => string;
  readonly labels: Readonly<
    Record<
      'customer' | 'site' | 'device' | 'agent' | 'agents' | 'reported' | 'since' | 'open' | 'resolved' | 'silenced',
      string
    >
  >;
  /** The subject of several alerts in one mail. */
  readonly digest: (raised: number, resolved: number) => string;
  readonly open: string;
}

const TEXTS: Record<Language, Texts> = {
  en: {
    rules: {
      'supply-low': (it) =>
        it.level
          ? `${it.device}: ${it.supply} is at ${it.level}%${it.daysLeft && `, about ${it.daysLeft} days left`}`
          : `${it.device}: ${it.supply} is low`,
      'meter-still': (it) =>
        `${it.device} has printed nothing since ${it.since}; usually, it prints ${it.usual} pages a day`,
      'unusual-volume': (it) => `${it.device} has printed ${it.volume} pages in a day; usually, it prints ${it.usual}`,
      jam: (it) => `${it.device}: paper jam`,
      'service-call': (it) => `${it.device} needs service: ${it.reported}`,
      'device-silent': (it) => `${it.device} does not answer`,
      'agent-silent': (it) =>
        `Agent ${it.agent} is not connected, ${it.devices} ${it.devices === 1 ? 'device' : 'devices'} behind it`,
      'customer-agents-silent': (it) =>
        `${it.silent} agents of ${it.customer} are not connected, ${it.devices} devices behind them`,
      'many-agents-silent': (it) => `${it.silent} agents are not connected at the same time, ${it.connected} are`,
      'certificate-expiring': (it) => `The certificate of the server expires on ${it.until}`,
      'backup-missing': (it) =>
        it.newest ? `No backup of the server since ${it.newest}` : 'There is no backup of the server yet',
      'rollout-paused': (it) => `The rollout of agent release ${it.code} has paused: ${it.reported}`,
      'campaign-paused': (it) => `The campaign ${it.reported} has paused and waits for somebody`,
      'deployment-undone': (it) =>
        it.code === 'failed'
          ? `The last deployment of relay ${it.reported} failed`
          : `The last deployment of relay ${it.reported} was rolled back`,
      'disk-full': (it) => `The disk of the server is nearly full, ${it.reported} are free`,
      'audit-changed': (it) => `The audit trail was changed: ${it.reported}`,
    },
    resolved: (subject) => `Resolved: ${subject}`,
    labels: {
      customer: 'Customer',
      site: 'Site',
      device: 'Device',
      agent: 'Agent',
      agents: 'Agents',
      open: 'Raised',
      reported: 'The device reports',
      since: 'Since',
      resolved: 'Resolved',
      silenced:
        'Their own alerts are held back, because the network of the server is a more likely cause. Check it first.',
    },
    digest: (raised, resolved) =>
      [
        ...(raised > 0 ? [raised === 1 ? '1 alert' : `${raised} alerts`] : []),
        ...(resolved > 0 ? [resolved === 1 ? '1 alert resolved' : `${resolved} alerts resolved`] : []),
      ].join(', '),
    open: 'Open it in the console',
  },
  ja: {
    rules: {
      'supply-low': (it) =>
        it.level
          ? `「${it.device}」：${it.supply} の残量が${it.level}%です${it.daysLeft && `（あと約${it.daysLeft}日）`}`
          : `「${it.device}」：${it.supply} が残りわずかです`,
      'meter-still': (it) => `「${it.device}」は${it.since}から印刷されていません（通常は1日${it.usual}ページ）`,
      'unusual-volume': (it) => `「${it.device}」で1日に${it.volume}ページ印刷されました（通常は${it.usual}ページ）`,
      jam: (it) => `「${it.device}」：紙づまり`,
      'service-call': (it) => `「${it.device}」は点検が必要です：${it.reported}`,
      'device-silent': (it) => `「${it.device}」が応答しません`,
      'agent-silent': (it) => `エージェント「${it.agent}」が接続されていません（配下の機器${it.devices}台）`,
      'customer-agents-silent': (it) =>
        `${it.customer}のエージェント${it.silent}個が接続されていません（配下の機器${it.devices}台）`,
      'many-agents-silent': (it) =>
        `${it.silent}個のエージェントが同時に接続されていません（接続中は${it.connected}個）`,
      'certificate-expiring': (it) => `サーバーの証明書が${it.until}に期限切れになります`,
      'backup-missing': (it) =>
        it.newest
          ? `サーバーのバックアップが${it.newest}以降作成されていません`
          : 'サーバーのバックアップがまだありません',
      'rollout-paused': (it) => `エージェントのリリース${it.code}の展開が一時停止しています：${it.reported}`,
      'campaign-paused': (it) => `キャンペーン「${it.reported}」が一時停止し、対応を待っています`,
      'deployment-undone': (it) =>
        it.code === 'failed'
          ? `中継サーバー「${it.reported}」の前回のデプロイが失敗しました`
          : `中継サーバー「${it.reported}」の前回のデプロイは元に戻されました`,
      'disk-full': (it) => `サーバーのディスクの空きが残りわずかです（空き${it.reported}）`,
      'audit-changed': (it) => `監査証跡が改変されています：${it.reported}`,
    },
    resolved: (subject) => `解決済み：${subject}`,
    labels: {
      customer: '顧客',
      site: '拠点',
      device: '機器',
      agent: 'エージェント',
      agents: 'エージェント',
      open: '発生したアラート',
      reported: '機器の報告',
      since: '発生',
      resolved: '解決',
      silenced:
        'サーバーのネットワークが原因である可能性が高いため、個々のエージェントのアラートは保留されています。まずサーバーのネットワークを確認してください。',
    },
    digest: (raised, resolved) =>
      [...(raised > 0 ? [`アラート${raised}件`] : []), ...(resolved > 0 ? [`解決済み${resolved}件`] : [])].join('、'),
    open: 'コンソールで開く',
  },
};

interface AlertMail {
  readonly subject: string;
  readonly text: string;
  readonly language: Language;
}

/** Subject and text of a mail. @param contents one or several @param publicUrl of the console, if known */
export function alertMailOf(
  contents: readonly WebhookBody[],
  language: Language,
  publicUrl: string | undefined,
): AlertMail {
  const alerts = contents.flatMap(({ data: { alert } }) => alert ?? []);
  const { open } = TEXTS[language];
  const link = publicUrl ? ['', `${open}: ${publicUrl}/alerts`] : [];
  const { subject, lines } = alerts.length > 1 ? digestOf(alerts, language) : partsOf(alerts[0], language);
  return { subject, text: [...lines, ...link, '', '-- ', 'Platen', ''].join('\n'), language };
}

interface MailParts {
  readonly subject: string;
  readonly lines: readonly string[];
}

function partsOf(alert: Alert | undefined, language: Language): MailParts {
  if (!alert) throw new Error('a test is not sent by mail');
  const { rules, resolved, labels } = TEXTS[language];
  const sentence = rules[alert.rule](factsOf(alert));
  const { site, deviceId, agentId, facts } = alert;
  const rows: [string, string | undefined][] = [
    [labels.customer, site?.customerName],
    [labels.site, site?.name],
    [labels.device, deviceId ? `${alert.deviceName} (${deviceId})` : undefined],
    [labels.agent, agentId ?? undefined],
    [labels.agents, facts.agents?.join(', ')],
    [labels.reported, facts.text],
    [labels.since, minuteOf(alert.since)],
    [labels.resolved, alert.resolved ? minuteOf(alert.resolved.at) : undefined],
  ];
  const about = rows.flatMap(([label, value]) => (value ? [`${label}: ${value}`] : []));
  const hint = alert.rule === 'many-agents-silent' ? ['', labels.silenced] : [];
  return { subject: alert.resolved ? resolved(sentence) : sentence, lines: [`${sentence}.`, '', ...about, ...hint] };
}

/** Several alerts: those that were raised come first, errors before warnings, by customer. */
function digestOf(alerts: readonly Alert[], language: Language): MailParts {
  const { rules, digest, labels } = TEXTS[language];
  const lineOf = (alert: Alert): string => {
    const place = [alert.site?.customerName, alert.site?.name].filter(Boolean).join(', ');
    return `- ${rules[alert.rule](factsOf(alert))}${place && ` (${place})`}`;
  };
  const order = (of: Alert): string => [of.severity, of.site?.customerName, of.site?.name, of.deviceName].join('\n');
  const inOrder = [...alerts].sort((one, other) => order(one).localeCompare(order(other)));
  const raised = inOrder.filter((alert) => alert.resolved === null).map(lineOf);
  const over = inOrder.filter((alert) => alert.resolved !== null).map(lineOf);
  const section = (label: string, lines: readonly string[]): string[] =>
    lines.length > 0 ? [`${label}:`, '', ...lines] : [];
  const between = raised.length > 0 && over.length > 0 ? [''] : [];
  return {
    subject: digest(raised.length, over.length),
    lines: [...section(labels.open, raised), ...between, ...section(labels.resolved, over)],
  };
}

function factsOf({ deviceName, deviceId, agentId, site, since, facts }: Alert): Facts {
  const { supply, level, code = '', text, devices = 0, silent = 0, connected = 0, expiresAt = '' } = facts;
  const { daysLeft, usual = 0, volume = 0 } = facts;
  return {
    device: shownText(deviceName) || (deviceId ?? ''),
    agent: agentId ?? '',
    supply: supply ? supply.name || `${supply.colour} ${supply.type}`.trim() : text || code,
    level: level === undefined ? '' : String(level),
    daysLeft: daysLeft === undefined ? '' : String(daysLeft),
    ...{ usual, volume, since: since.slice(0, 10) },
    reported: text || code,
    code,
    newest: (facts.at ?? '').slice(0, 10),
    customer: site?.customerName ?? '',
    ...{ devices, silent, connected },
    until: expiresAt.slice(0, 10),
  };
}

const minuteOf = (at: string): string => `${at.slice(0, 16).replace('T', ' ')} UTC`;
