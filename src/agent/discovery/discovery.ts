import { z } from 'zod';
import type { Journal } from '../../journal/journal';
import { deviceId } from '../../protocol/names';
import { PageProblem } from '../panel/page-http';
import type { Administrator } from '../panel/panel-server';
import type { ControlChannel } from '../channel/control-channel';
import type { Configuration, Device } from '../configuration/configuration';
import type { DeviceList } from '../configuration/device-list';
import type { KnownIdentities } from '../device/known-identities';
import type { InformationAccess } from '../device/merged-device';
import { mayBeDiscovered } from './address-check';
import type { DeviceFollower } from './device-follower';
import { DeviceSearch } from './device-search';
import { DiscoveryExchange } from './discovery-exchange';
import { browseDnsSd } from './dns-sd';
import { FoundDevices } from './found-devices';
import { probe } from './probe';
import { ProbeTimes } from './probe-times';
import { TakenInDevices } from './taken-in-devices';

const HOUR_MS = 60 * 60_000;
const REMOVE = /^\/taken-in\/([^/]+)\/remove$/;

export interface DiscoveryOptions {
  readonly configuration: Configuration;
  readonly devices: DeviceList;
  readonly known: KnownIdentities;
  readonly follower: Pick<DeviceFollower, 'discovered'>;
  /** Reads what is at the addresses of a device, whichever device that is. */
  readonly read: (device: Device) => InformationAccess;
  readonly channel: Pick<ControlChannel, 'handle' | 'online' | 'request'>;
  readonly onAdded: (device: Device) => void;
  readonly onRemoved: (deviceId: string) => void;
  /** Announces the devices of the agent again. Never rejects. */
  readonly announce: () => Promise<void>;
  readonly journal: Journal;
}

/** `GET /taken-in` of the local page. */
export const takenInAdministration = z.object({
  devices: z.array(
    z.object({
      id: deviceId,
      name: z.string(),
      model: z.string(),
      address: z.string(),
      takenInAt: z.string(),
      /** Why it is not served; null: it is. */
      refusal: z.string().nullable(),
    }),
  ),
});

/** Discovery, if the owner has configured it: composes its parts. */
export class Discovery implements Administrator {
  readonly path = '/taken-in';
  readonly #taken: TakenInDevices;
  readonly #search: DeviceSearch | undefined;
  readonly #exchange: DiscoveryExchange | undefined;
  readonly #stopping = new AbortController();

  constructor(private readonly options: DiscoveryOptions) {
    const { configuration, devices, known, read, channel, announce, journal } = options;
    const { discovery: settings, ranges, state: folder } = configuration;
    const { signal } = this.#stopping;
    const found = new FoundDevices(folder, journal);
    const mayContact = (address: string): boolean => mayBeDiscovered(ranges, address);
    const at: TakenInProbe = async (address, services) =>
      settings && mayContact(address) ? probe(address, services, { settings, read, signal }) : undefined;
    this.#taken = new TakenInDevices({ ...options, found, settings, mayContact, probe: at, folder });
    if (!settings) return;
    const times = new ProbeTimes(folder, settings.everyHours * HOUR_MS, journal);
    this.#search = new DeviceSearch({
      ...{ settings, ranges, mayContact, devices, known, follower: options.follower, found, times, journal },
      probe: (address) => at(address, {}),
      browse: () => browseDnsSd(mayContact, signal),
    });
    const exchange = new DiscoveryExchange({
      ...{ found, mayTakeIn: settings.takeIn, channel, journal },
      takeIn: async (wanted) => {
        await this.#taken.takeIn(wanted);
        await announce();
        exchange.changed();
      },
    });
    this.#exchange = exchange;
    this.#search.onChange(() => exchange.changed());
  }

  /** Adds the devices that were taken in. @throws Error of the file */
  load(): Promise<void> {
    return this.#taken.load();
  }

  /** Looks for devices from now on. */
  async start(): Promise<void> {
    await this.#search?.start();
  }

  /** Called after every login. */
  flush(): void {
    this.#exchange?.flush();
  }

  stop(): void {
    this.#stopping.abort();
    this.#search?.stop();
    this.#exchange?.stop();
  }

  /** For the owner: `platen agent taken-in`. */
  get administration(): z.infer<typeof takenInAdministration> {
    return {
      devices: this.#taken.all.map((each) => ({
        ...{ id: each.deviceId, name: each.name, model: each.model, address: each.address, takenInAt: each.takenInAt },
        refusal: this.#taken.refusalOf(each) ?? null,
      })),
    };
  }

  actionAt(path: string): ((body: unknown) => Promise<void>) | undefined {
    const [, id] = REMOVE.exec(path) ?? [];
    if (id === undefined) return undefined;
    return async () => {
      if (!(await this.#taken.remove(id))) throw new PageProblem(404, 'unknown-device', `no device ${id} was taken in`);
      await this.options.announce();
    };
  }
}

type TakenInProbe = ConstructorParameters<typeof TakenInDevices>[0]['probe'];
