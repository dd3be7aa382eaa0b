import multicastDns, { type Options, type ResponsePacket } from 'multicast-dns';
import { setTimeout as delay } from 'node:timers/promises';
import { LIMITS } from '../../protocol/limits';
import { cleanLine } from '../device/attribute-text';
import type { Sighting } from './sighting';

/** Service types of printers (RFC 6763, Bonjour Printing Specification 1.2.1), those that say most first. */
const TYPES = ['_ipp._tcp', '_ipps._tcp', '_pdl-datastream._tcp', '_printer._tcp'] as const;
type ServiceType = (typeof TYPES)[number];

export type Answer = ResponsePacket['answers'][number];
type AnswerOf<Type> = Extract<Answer, { type: Type }>;

const DOMAIN = '.local';
/** Instances that are asked for by name, because an answer came without their records. */
const FOLLOW_UPS = 100;
const TXT_CHARACTERS = 200;

interface Instance {
  readonly type: ServiceType;
  readonly name: string;
}
type Texts = ReadonlyMap<string, string>;

/**
 * The records that printers have announced by DNS-SD, at most DNS_SD_RECORDS. Names are compared without case (RFC 6762 16);
 * the names of instances may contain dots.
 */
export class DnsSdRecords {
  readonly #instances = new Map<string, Instance>();
  readonly #places = new Map<string, { readonly host: string; readonly port: number }>();
  readonly #texts = new Map<string, Texts>();
  readonly #addresses = new Map<string, Set<string>>();
  #count = 0;

  get isFull(): boolean {
    return this.#count >= LIMITS.DNS_SD_RECORDS;
  }

  add(answers: readonly Answer[]): void {
    for (const answer of answers) {
      if (this.isFull) return;
      this.#count++;
      const name = answer.name.toLowerCase();
      if (answer.type === 'PTR') this.#addInstance(name, answer.data.toLowerCase());
      else if (answer.type === 'SRV') this.#addPlace(name, answer);
      else if (answer.type === 'TXT') this.#texts.set(name, textsIn(answer));
      else if (answer.type === 'A') this.#addressesOf(name).add(answer.data);
    }
  }

  /** What is missing to know where the instances are. */
  get missing(): { readonly name: string; readonly type: 'SRV' | 'TXT' | 'A' }[] {
    const names = [...this.#instances.keys()];
    const hosts = [...this.#places.values()].map(({ host }) => host);
    return [
      ...names.filter((name) => !this.#places.has(name)).map((name) => ({ name, type: 'SRV' as const })),
      ...names.filter((name) => !this.#texts.has(name)).map((name) => ({ name, type: 'TXT' as const })),
      ...hosts.filter((name) => !this.#addresses.has(name)).map((name) => ({ name, type: 'A' as const })),
    ].slice(0, FOLLOW_UPS);
  }

  /**
   * The printers at these addresses. An address with several printers is a print server, whose queues are no devices.
   * @param includes whether an address may be looked at
   */
  sightings(includes: (address: string) => boolean): Sighting[] {
    const byAddress = new Map<string, { type: ServiceType; name: string; port: number; texts: Texts }[]>();
    for (const { type, name } of this.#instances.values()) {
      const place = this.#places.get(name);
      const texts: Texts = this.#texts.get(name) ?? new Map<string, string>();
      if (!place || place.port === 0) continue; // port 0: it does not offer this type (Bonjour Printing 4.1)
      for (const address of this.#addresses.get(place.host) ?? [])
        if (includes(address))
          byAddress.set(address, [...(byAddress.get(address) ?? []), { type, name, port: place.port, texts }]);
    }
    return [...byAddress].flatMap(([address, services]) => {
      const isServer = TYPES.some((type) => services.filter((each) => each.type === type).length > 1);
      if (isServer) return [];
      const ordered = [...services].sort((a, b) => TYPES.indexOf(a.type) - TYPES.indexOf(b.type));
      const says = (...keys: string[]): string =>
        keys.map((key) => ordered.map(({ texts }) => texts.get(key)).find(Boolean)).find(Boolean) ?? '';
      const ipp = ordered.find(({ type }) => type === '_ipp._tcp' || type === '_ipps._tcp');
      const web = webOf(says('adminurl'));
      const model = says('ty') || says('product').replace(/^\((.*)\)$/, '$1');
      return [
        {
          address,
          identity: {
            ...{ serialNumber: '', uuid: uuidOf(says('uuid')), mac: '' },
            model: cleanLine(`${says('usb_mfg')} ${says('usb_mdl')}`, 200),
          },
          model: cleanLine(model, 200),
          kind: ['scan', 'copies', 'fax'].some((key) => says(key).toUpperCase() === 'T') ? 'mfp' : 'printer',
          location: cleanLine(says('note'), 200),
          foundBy: ['dns-sd'],
          services: {
            ...(ipp && {
              ipp: {
                scheme: ipp.type === '_ipps._tcp' ? 'ipps' : 'ipp',
                port: ipp.port,
                path: pathOf(ipp.texts.get('rp') ?? ''),
              },
            }),
            ...(web && { web }),
          },
        } satisfies Sighting,
      ];
    });
  }

  #addInstance(name: string, instance: string): void {
    const type = TYPES.find((each) => name === each + DOMAIN);
    if (type && instance.endsWith(`.${name}`)) this.#instances.set(instance, { type, name: instance });
  }

  #addPlace(name: string, { data: { target, port } }: AnswerOf<'SRV'>): void {
    this.#places.set(name, { host: target.toLowerCase(), port: port ?? 0 });
  }

  #addressesOf(name: string): Set<string> {
    const known = this.#addresses.get(name) ?? new Set();
    this.#addresses.set(name, known);
    return known;
  }
}

/** Keys in lower case (RFC 6763 6.4); the first of several equal ones counts. */
function textsIn({ data }: AnswerOf<'TXT'>): Texts {
  const texts = new Map<string, string>();
  for (const each of Array.isArray(data) ? data : [data]) {
    const text = each.toString().slice(0, TXT_CHARACTERS);
    const end = text.indexOf('=');
    const key = text.slice(0, end).toLowerCase();
    if (end > 0 && !texts.has(key)) texts.set(key, text.slice(end + 1));
  }
  return texts;
}

/** As IPP reports it: `urn:uuid:` (RFC 9562). */
function uuidOf(text: string): string {
  const [uuid] = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.exec(text) ?? [];
  return uuid === undefined ? '' : `urn:uuid:${uuid.toLowerCase()}`;
}

/** Empty if it is no plain path: then it is looked for. */
const pathOf = (text: string): string => (/^[\w./-]{1,200}$/.test(text) ? text.replace(/^\/+/, '') : '');

/** Of the address of its web pages, only how they are reached; the host is that of the printer. */
function webOf(text: string): Sighting['services']['web'] {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) return undefined;
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  return { scheme, port: Number(url.port) || (scheme === 'https' ? 443 : 80) };
}

/**
 * Asks the LAN for printers by multicast DNS, and listens for DNS_SD_LISTEN_MS. No device is woken: a sleeping one has its
 * sleep proxy or its network interface answer.
 * @param network by default, all networks of this computer
 * @throws Error if this computer cannot send multicasts
 */
export async function browseDnsSd(
  includes: (address: string) => boolean,
  signal: AbortSignal,
  { listenMs = LIMITS.DNS_SD_LISTEN_MS, ...network }: { listenMs?: number } & Pick<Options, 'interface' | 'bind'> = {},
): Promise<Sighting[]> {
  if (signal.aborted) return [];
  const records = new DnsSdRecords();
  const mdns = multicastDns(network);
  const ended = new AbortController();
  const failed = new Promise<never>((_, reject) => mdns.on('error', reject));
  failed.catch(() => undefined);
  mdns.on('response', ({ answers, additionals }) => {
    records.add([...answers, ...additionals]);
    if (records.isFull) ended.abort();
  });
  const pause = (ms: number) => delay(ms, undefined, { signal: ended.signal }).catch(() => undefined);
  const end = () => ended.abort();
  signal.addEventListener('abort', end, { once: true });
  try {
    // RFC 6762 5.2: again after a second, because multicasts are lost
    for (const part of [0.1, 0.3]) {
      mdns.query(TYPES.map((type) => ({ name: type + DOMAIN, type: 'PTR' as const })));
      await Promise.race([pause(listenMs * part), failed]);
    }
    for (const part of [0.3, 0.3]) {
      const { missing } = records;
      if (missing.length > 0) mdns.query(missing);
      await Promise.race([pause(listenMs * part), failed]);
    }
    return records.sightings(includes);
  } finally {
    signal.removeEventListener('abort', end);
    mdns.destroy();
  }
}
