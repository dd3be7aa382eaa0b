import { Argument, type Command } from 'commander';
import { LIMITS } from '../../protocol/limits';
import { OPERATIONS } from '../../protocol/operations';
import { adder, JSON_ANSWER, JSON_ROWS, perform, setting, whole, type Json } from '../command-line';
import type { CampaignOperation, StartOptions } from './campaigns';

const several = (value: string, earlier: string[] = []): string[] => [...earlier, value];

/** Adds `platen campaigns ...`. */
export function register(program: Command): void {
  const campaigns = adder(program)('campaigns', 'list the campaigns, newest first; start and control them')
    .option(...JSON_ROWS)
    .option('--open', 'only open campaigns')
    .action((options: Json & { open?: boolean }) =>
      perform(async (io) => (await import('./campaigns.js')).campaigns(io, options), options),
    );
  const add = adder(campaigns);
  add('start', 'start one operation at many devices, in waves')
    .addArgument(new Argument('<operation>').choices(Object.keys(OPERATIONS)))
    .option('--name <name>', 'name of the campaign; the operation if omitted')
    .option('--device <device>', 'a device; repeat it for several', several)
    .option('--search <text>', 'all devices that contain this text')
    .option('--model <model>', 'all devices of this model')
    .option('--firmware <id or version>', 'the file to install, with firmware-install')
    .option('--from-version <version>', 'only devices with this firmware version; repeat it for several', several)
    .option('--set <setting=value>', 'a value to set, with settings-set; repeat it for several', setting)
    .option('--template <id or name>', 'with settings-set: the values, and the devices, of a settings template')
    .option('--only-differing', 'with settings-set: leave out devices that are known to have the values')
    .option('--wave <size>', 'devices of a wave, or per cent (10%); repeat it; the last wave has the rest', several)
    .option('--pause-after-first', 'pause after the first wave')
    .option('--stop-at <percent>', 'pause when so many per cent have failed', whole(1, 100))
    .option('--stop-from <devices>', 'from so many devices on that are over', whole(1, LIMITS.CAMPAIGN_DEVICES), 5)
    .option('--hours <from-until>', 'start jobs at these hours only, such as 22:00-05:00')
    .option('--time-zone <name>', 'of --hours; that of each customer if omitted')
    .option('--wait-hours <hours>', 'how long a wave waits for its devices', whole(1, LIMITS.CAMPAIGN_WAIT_HOURS), 72)
    .option(...JSON_ANSWER)
    .action((operation: CampaignOperation, _: StartOptions, command: Command) => {
      // options that `campaigns` has, too, are parsed by `campaigns`, wherever they appear
      const options = command.optsWithGlobals<StartOptions>();
      return perform(async (io) => (await import('./campaigns.js')).startCampaign(io, operation, options), options);
    });
  add('show <id>', 'show a campaign and its devices, failed and held ones first')
    .option(...JSON_ANSWER)
    .action((id: string, _: Json, command: Command) => {
      const options = command.optsWithGlobals<Json>();
      return perform(async (io) => (await import('./campaigns.js')).showCampaign(io, id, options), options);
    });
  add('results <id>', 'list all devices of a campaign with their results')
    .option(...JSON_ROWS)
    .action((id: string, _: Json, command: Command) => {
      const options = command.optsWithGlobals<Json>();
      return perform(async (io) => (await import('./campaigns.js')).campaignResults(io, id, options), options);
    });
  const CONTROLS = [
    [
      'pause',
      'pause',
      'pause a campaign: no job is started, and jobs that have not started on their device are withdrawn',
    ],
    ['resume', 'resumption', 'resume a paused campaign'],
    ['abort', 'abortion', 'abort a campaign; what has started on a device is completed'],
  ] as const;
  for (const [name, what, description] of CONTROLS)
    add(`${name} <id>`, description)
      .option(...JSON_ANSWER)
      .action((id: string, _: Json, command: Command) => {
        const options = command.optsWithGlobals<Json>();
        return perform(async (io) => (await import('./campaigns.js')).controlCampaign(io, id, what, options), options);
      });
}
