import type { Language } from '../../../protocol/api';
import { toInstant } from '../../../protocol/names';
import { shownText } from '../../../protocol/shown-text';
import type { NoticeEntity } from '../notice.entity';

interface Facts {
  readonly device: string;
  readonly deviceId: string;
  readonly application: string;
  readonly user: string;
  readonly agent: string;
  readonly at: string;
}
interface Content {
  readonly subject: string;
  readonly lines: readonly string[];
}

const TEXTS: Record<Language, Record<NoticeEntity['kind'], (facts: Facts) => Content>> = {
  en: {
    'session-halted': (it) => ({
      subject: `Your remote session with ${it.device} was interrupted`,
      lines: [
        `Your remote session with ${it.device} (${it.deviceId}), application ${it.application}, was interrupted at ${it.at},`,
        'because new relay software or more capacity was being deployed on the server.',
        '',
        'It does not resume automatically. To continue, request a new session in the console, or with',
        '',
        `  platen connect ${it.deviceId} ${it.application} --reason "..."`,
        '',
        'The person at the device has to approve it again.',
      ],
    }),
    'session-of-user-halted': (it) => ({
      subject: `The remote session of ${it.user} with ${it.device} was interrupted`,
      lines: [
        `The remote session of ${it.user} with ${it.device} (${it.deviceId}), application ${it.application},`,
        `was interrupted at ${it.at}, because new relay software or more capacity was being deployed on the server.`,
        '',
        `You receive this as the administrator of ${it.user}. If the work at the device was not finished, arrange for it to`,
        'be continued: a new session has to be requested, and approved at the device.',
      ],
    }),
    'agent-refused': (it) => ({
      subject: `A second installation of agent ${it.agent} was refused`,
      lines: [
        `At ${it.at}, a program logged in with the password of agent ${it.agent}, but is not the installation that the`,
        'account belongs to. It was refused. If an agent is running with this account, it was not disturbed.',
        '',
        'If the folder of the agent was copied or restored from a backup on purpose, open Agents in the console and allow',
        'another installation. If it was not, somebody else has a copy of its credentials: enrol the agent again with a new',
        'code, which makes every copy useless.',
      ],
    }),
  },
  ja: {
    'session-halted': (it) => ({
      subject: `「${it.device}」とのリモートセッションが中断されました`,
      lines: [
        `${it.at} に、「${it.device}」(${it.deviceId}) のアプリケーション ${it.application} とのリモートセッションが中断されました。`,
        'サーバーで中継ソフトウェアの更新または増強が行われたためです。',
        '',
        'セッションは自動的には再開されません。作業を続けるには、コンソールまたは次のコマンドで新しいセッションを依頼してください。',
        '',
        `  platen connect ${it.deviceId} ${it.application} --reason "..."`,
        '',
        '機器の前にいる方の承認が改めて必要です。',
      ],
    }),
    'session-of-user-halted': (it) => ({
      subject: `${it.user} さんと「${it.device}」とのリモートセッションが中断されました`,
      lines: [
        `${it.at} に、${it.user} さんと「${it.device}」(${it.deviceId}) のアプリケーション ${it.application} とのリモートセッションが中断されました。`,
        'サーバーで中継ソフトウェアの更新または増強が行われたためです。',
        '',
        `このメールは ${it.user} さんの管理者にお送りしています。作業が終わっていない場合は、再開を手配してください。`,
        '新しいセッションの依頼と、機器での承認が必要です。',
      ],
    }),
    'agent-refused': (it) => ({
      subject: `エージェント「${it.agent}」の別のインストール先を拒否しました`,
      lines: [
        `${it.at} に、エージェント「${it.agent}」のパスワードを持つ、登録済みのものとは別のインストール先からのログインを拒否しました。`,
        'このアカウントで動作中のエージェントがある場合、その動作に影響はありません。',
        '',
        'フォルダーを意図的にコピーした場合や、バックアップから復元した場合は、コンソールの「エージェント」で別のインストール先を許可してください。',
        '心当たりがない場合は、認証情報が複製されています。新しい登録コードでエージェントを登録し直してください。複製はすべて無効になります。',
      ],
    }),
  },
};

/** Subject and text of a notice's e-mail. @param publicUrl of the console, if known */
export function mailOf(
  notice: NoticeEntity,
  language: Language,
  publicUrl: string | undefined,
): { subject: string; text: string; language: Language } {
  const facts = {
    device: shownText(notice.deviceName) || notice.deviceId,
    deviceId: notice.deviceId,
    application: notice.applicationId,
    user: shownText(notice.userName),
    agent: notice.agentId ?? '',
    at: `${toInstant(notice.at).slice(0, 16).replace('T', ' ')} UTC`,
  };
  const { subject, lines } = TEXTS[language][notice.kind](facts);
  const signature = ['', '-- ', publicUrl ? `Platen, ${publicUrl}` : 'Platen'];
  return { subject, text: [...lines, ...signature, ''].join('\n'), language };
}
