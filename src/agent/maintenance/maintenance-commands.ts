import type { Element } from '@xmpp/client';
import type { Journal } from '../../journal/journal';
import { NS_COMMANDS, type JobReport } from '../../protocol/ad-hoc-command';
import type { ControlChannel } from '../channel/control-channel';
import { encodeProblem } from '../channel/json-container';
import { encodeRefusal, encodeReport, readCommand, type Command } from './command-element';
import type { JobRunner } from './job-runner';
import { CommandRefused } from './maintenance.errors';

/** S122, S124: answers maintenance commands (XEP-0050) of the control plane. */
export function answerCommands(channel: Pick<ControlChannel, 'answer'>, runner: JobRunner, journal: Journal): void {
  const answer = async (payload: Element): Promise<Element> => {
    try {
      const command = readCommand(payload);
      const { operation, jobId } = command.action === 'execute' ? command.order : command;
      return encodeReport(operation, jobId, await reportFor(runner, command));
    } catch (error) {
      if (error instanceof CommandRefused) return encodeRefusal(error);
      return encodeProblem('internal-error', `incident ${journal.unexpected(error, 'answering a command')}`);
    }
  };
  channel.answer({ type: 'set', name: 'command', namespace: NS_COMMANDS, answer });
}

async function reportFor(runner: JobRunner, command: Command): Promise<JobReport> {
  switch (command.action) {
    case 'execute':
      return runner.execute(command.order);
    case 'next':
      return runner.next(command.operation, command.jobId);
    case 'cancel':
      return runner.cancel(command.operation, command.jobId);
  }
}
