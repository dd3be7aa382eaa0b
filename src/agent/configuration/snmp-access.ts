import { z } from 'zod';
import { ConfiguredSecret } from './configured-secret';

/** The community that devices are delivered with. It is no secret, so it may stand in a file that others can read. */
const WELL_KNOWN = 'public';
/** RFC 3414 11.2: shorter passwords are refused by SNMP engines. */
const LEAST_PASSWORD = 8;

export const AUTHENTICATION_PROTOCOLS = ['SHA', 'SHA-224', 'SHA-256', 'SHA-384', 'SHA-512'] as const;

const text = z.string().min(1).max(200);
const secretOf = (least: number) => ({ password: text.min(least).optional(), passwordFile: text.optional() });
const eitherSecret = (value: { password?: string; passwordFile?: string }, context: z.RefinementCtx): void => {
  if ((value.password === undefined) === (value.passwordFile === undefined))
    context.addIssue({ code: 'custom', message: 'needs "password" or "passwordFile"' });
};

const place = {
  host: z.union([z.ipv4(), z.ipv6(), z.hostname()]).optional(),
  port: z.int().min(1).max(65535).default(161),
};
const communityBased = z
  .strictObject({
    ...place,
    version: z.enum(['1', '2c']).default('2c'),
    community: text.optional(),
    communityFile: text.optional(),
    writeCommunity: text.optional(),
    writeCommunityFile: text.optional(),
  })
  .superRefine(({ community, communityFile, writeCommunity, writeCommunityFile }, context) => {
    if (community !== undefined && communityFile !== undefined)
      context.addIssue({ code: 'custom', message: 'needs "community" or "communityFile", not both' });
    if (writeCommunity !== undefined && writeCommunityFile !== undefined)
      context.addIssue({ code: 'custom', message: 'needs "writeCommunity" or "writeCommunityFile", not both' });
  });
const userBased = z.strictObject({
  ...place,
  version: z.literal('3'),
  user: z.string().min(1).max(32),
  context: z.string().max(32).default(''),
  write: z.boolean().default(false),
  authentication: z
    .strictObject({ protocol: z.enum(AUTHENTICATION_PROTOCOLS).default('SHA-256'), ...secretOf(LEAST_PASSWORD) })
    .superRefine(eitherSecret),
  privacy: z
    .strictObject({ protocol: z.literal('AES').default('AES'), ...secretOf(LEAST_PASSWORD) })
    .superRefine(eitherSecret)
    .optional(),
});

/** Whether the owner has given a right to write. */
export const snmpWrites = (field: SnmpField): boolean =>
  field.version === '3' ? field.write : (field.writeCommunity ?? field.writeCommunityFile) !== undefined;

/** `"snmp"` of a device. */
export const snmpField = z.unknown().transform((value, context) => {
  // not a union, whose error would not name the wrong field
  const schema = (value as { version?: unknown } | null)?.version === '3' ? userBased : communityBased;
  const parsed = schema.safeParse(value);
  for (const { path, message } of parsed.error?.issues ?? []) context.addIssue({ code: 'custom', path, message });
  return parsed.data ?? z.NEVER;
});
export type SnmpField = z.output<typeof snmpField>;

/** A user of the User-based Security Model (RFC 3414). */
export interface SnmpUser {
  readonly name: string;
  readonly context: string;
  readonly protocol: (typeof AUTHENTICATION_PROTOCOLS)[number];
  /** Whether messages are encrypted, too (authPriv). */
  readonly isPrivate: boolean;
}

type Secrets = Readonly<Partial<Record<'community' | 'writing' | 'authentication' | 'privacy', ConfiguredSecret>>>;

/** How a device is read by SNMP. Community and passwords are in no property. */
export class SnmpAccess {
  readonly host: string;
  readonly port: number;
  readonly version: SnmpField['version'];
  /** Only for version 3. */
  readonly user: SnmpUser | undefined;
  /** Whether settings may be set: by a community for writing, or by the user of version 3. */
  readonly writes: boolean;
  readonly #field: SnmpField;
  readonly #folder: string;
  readonly #secrets: Secrets;

  /** @param folder base of relative files @param loaded secrets of the same access at another host */
  constructor(field: SnmpField & { readonly host: string }, folder: string, loaded?: Secrets) {
    this.#field = field;
    this.#folder = folder;
    const { host, port, version } = field;
    this.host = host;
    this.port = port;
    this.version = version;
    this.writes = snmpWrites(field);
    const secretIn = (password?: string, file?: string) => new ConfiguredSecret({ text: password, file }, folder);
    if (field.version === '3') {
      const { user: name, context, authentication, privacy } = field;
      this.user = { name, context, protocol: authentication.protocol, isPrivate: privacy !== undefined };
      this.#secrets = loaded ?? {
        authentication: secretIn(authentication.password, authentication.passwordFile),
        ...(privacy && { privacy: secretIn(privacy.password, privacy.passwordFile) }),
      };
    } else {
      const { community = WELL_KNOWN, communityFile } = field;
      const isSecret = communityFile !== undefined || community !== WELL_KNOWN;
      const { writeCommunity, writeCommunityFile } = field;
      this.#secrets = loaded ?? {
        ...(isSecret && { community: secretIn(field.community, communityFile) }),
        ...(this.writes && { writing: secretIn(writeCommunity, writeCommunityFile) }),
      };
    }
  }

  /** The same access at another host. */
  at(host: string): SnmpAccess {
    return new SnmpAccess({ ...this.#field, host }, this.#folder, this.#secrets);
  }

  get community(): string {
    return this.#secrets.community?.text ?? WELL_KNOWN;
  }
  /** Of requests that set something. */
  get writeCommunity(): string {
    return this.#secrets.writing?.text ?? '';
  }
  get authenticationPassword(): string {
    return this.#secrets.authentication?.text ?? '';
  }
  get privacyPassword(): string {
    return this.#secrets.privacy?.text ?? '';
  }

  /** @throws Error that names the file, if other users can read a secret, or a password is too short */
  async load(configurationFile: string): Promise<void> {
    for (const secret of Object.values(this.#secrets)) await secret.load(configurationFile);
    const { authentication, privacy } = this.#secrets;
    if ([authentication, privacy].some((secret) => secret && secret.text.length < LEAST_PASSWORD))
      throw new Error(`${configurationFile}: passwords of SNMPv3 have at least ${LEAST_PASSWORD} characters`);
  }
}
