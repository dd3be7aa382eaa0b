import { chownSync, mkdtempSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ComponentTransportOptions } from '../../../../src/server/xmpp/component/component-transport';
import { freePorts } from '../../../../src/demo/free-ports';
import type { Program } from '../../../../src/demo/programs';
import { removeFolder } from '../../remove-folder';
import { makeCertificate, type TestCertificate } from '../../test-certificate';
import { until } from '../../until';

export const SECRET = 'component-secret-of-the-tests';

/** Engines are not run as root; Prosody refuses to. A user of every Debian that owns nothing. */
const OWNS_NOTHING = 65534;
const isRoot = process.getuid?.() === 0;

/** A command as an unprivileged user, if the tests run as root. */
export const unprivileged = (...command: [string, ...string[]]): [string, ...string[]] =>
  isRoot ? ['setpriv', `--reuid=${OWNS_NOTHING}`, `--regid=${OWNS_NOTHING}`, '--clear-groups', ...command] : command;

/** Folder, ports and key of an engine. */
export interface Prepared {
  readonly folder: string;
  /** For agents, and for the component. */
  readonly port: number;
  readonly componentPort: number;
  readonly domain: string;
  readonly certificate: TestCertificate;
}

/** An XMPP engine from Debian, with the configuration in `packaging`, on loopback in a folder of its own. */
export class XmppEngine {
  private program: Program | undefined;

  private constructor(
    readonly prepared: Prepared,
    private readonly run: (prepared: Prepared) => Program,
  ) {}

  static async start(
    domain: string,
    prepare: (prepared: Prepared) => void,
    run: (prepared: Prepared) => Program,
  ): Promise<XmppEngine> {
    const folder = mkdtempSync(join(tmpdir(), 'platen-engine-'));
    const [port, componentPort] = (await freePorts(2)) as [number, number];
    const prepared = { folder, port, componentPort, domain, certificate: await makeCertificate() };
    prepare(prepared);
    giveAway(folder);
    const engine = new XmppEngine(prepared, run);
    await engine.boot();
    return engine;
  }

  get port(): number {
    return this.prepared.port;
  }

  /** For the transport. */
  get component(): ComponentTransportOptions['engine'] {
    return { host: '127.0.0.1', port: this.prepared.componentPort, secret: SECRET };
  }

  async boot(): Promise<void> {
    const program = this.run(this.prepared);
    this.program = program;
    let code: number | string | undefined;
    void program.exited.then((exited) => (code = exited));
    await until('the engine to listen', async () => {
      if (code !== undefined) throw new Error(`the engine has ended (${code}): ${program.printed.join('\n')}`);
      return (await answers(this.prepared.port)) && (await answers(this.prepared.componentPort));
    });
  }

  async kill(): Promise<void> {
    this.program?.child.kill('SIGKILL');
    await this.program?.exited;
  }

  async stop(): Promise<void> {
    await this.kill();
    await removeFolder(this.prepared.folder);
  }
}

/** The text of a shipped file with the values of a test. @throws Error if it does not have one of those to replace */
export function adapted(file: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce(
    (text, [shipped, value]) => {
      if (!text.includes(shipped)) throw new Error(`${file} does not contain ${shipped}`);
      return text.replaceAll(shipped, value);
    },
    readFileSync(join(PACKAGING, file), 'utf8'),
  );
}
export const PACKAGING = join(__dirname, '../../../../packaging');

function giveAway(path: string): void {
  if (!isRoot) return;
  chownSync(path, OWNS_NOTHING, OWNS_NOTHING);
  if (statSync(path).isDirectory()) for (const name of readdirSync(path)) giveAway(join(path, name));
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
