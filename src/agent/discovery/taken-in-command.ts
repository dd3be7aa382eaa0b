import { explained, fetched, localPage, post } from '../panel/local-page-client';
import { takenInAdministration } from './discovery';

/** `platen agent taken-in`: lists the devices that were taken in, or removes one. */
export async function listTakenIn(options: { config: string; remove?: string }): Promise<void> {
  await explained(async () => {
    const base = await localPage(options.config);
    if (options.remove !== undefined) await post(base, `/taken-in/${encodeURIComponent(options.remove)}/remove`, {});
    const { devices } = takenInAdministration.parse(await fetched(base, '/taken-in'));
    if (devices.length === 0) return void process.stdout.write('No devices were taken in.\n');
    for (const { id, name, model, address, takenInAt, refusal } of devices)
      process.stdout.write(
        `${id}: ${name}, ${model || 'unknown model'}, at ${address}, taken in ${takenInAt}${refusal === null ? '' : `; NOT SERVED: ${refusal}`}\n`,
      );
  });
}
