import 'reflect-metadata';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { DataSourceOptions } from 'typeorm';
import { LIMITS } from '../protocol/limits';
import { AppModule } from './app.module';
import { isOfUnknownAuthority } from './config/certificate';
import type { Config } from './config/config';
import { lockDataFolder } from './config/data-folder-lock';
import type { Settings } from './config/config.module';
import type { DatabaseLock } from './database/database-lock';
import { initialiseHttp } from './http/http-application';
import { ownUrlOf, publicUrlOf } from './http/own-url';
import { NestLogger } from './nest-logger';
import { shareOnePort } from './one-port';
import { lockDatabase } from './standby';
import { RelaySupervisor } from './relays/relay-supervisor';
import { watchCertificate } from '../tunnel/certificate-files';
import { loadSettings } from './settings';
import { requestSpans } from './traces/request-spans';
import { Traces } from './traces/traces';
import { EmbeddedTransport } from './xmpp/embedded-transport';
import { StreamTransport } from './xmpp/stream-transport';

export interface RunningServer {
  readonly port: number;
  /** The URL for browsers and terminals. */
  readonly url: string;
  /** Resolves when another server has taken over the database. This one must end at once. */
  readonly replaced: Promise<void>;
  /** Stops the modules from right to left, then the requests, then the database. */
  stop(): Promise<void>;
}

/**
 * A standby resolves when it has become the active server.
 * @throws DataFolderUnusable, DataFolderInUse, DatabaseInUse, StandbyUnusable, SecretsUnusable, CertificateUnusable,
 * ReleaseKeyUnusable; the error of `listen` when the port is in use
 */
export async function startServer(config: Config): Promise<RunningServer> {
  const settings = await loadSettings(config);
  const lock = await lockDatabase(settings);
  const locks: (() => Promise<void>)[] = [async () => await lock?.release()];
  const release = async () => {
    for (const unlock of locks.splice(0).reverse()) await unlock();
  };
  try {
    // a standby may share the folder with a server that has stopped answering; the lock of the database decides
    if (!config.standby) locks.push(await lockDataFolder(config.data));
    const started = await start(lock ? { ...settings, dataSource: namedFor(lock, settings) } : settings, release);
    return { ...started, replaced: lock?.lost ?? new Promise<void>(() => undefined) };
  } catch (error) {
    await release();
    throw error;
  }
}

const namedFor = (lock: DatabaseLock, { dataSource }: Settings): DataSourceOptions =>
  ({ ...dataSource, applicationName: lock.serverName }) as DataSourceOptions;

async function start(settings: Settings, release: () => Promise<void>): Promise<Omit<RunningServer, 'replaced'>> {
  const { config } = settings;
  const { certificate, journal } = settings;
  const tls = config.http.tls ? { httpsOptions: { cert: certificate.certificate, key: certificate.key } } : {};
  const app = await NestFactory.create<NestExpressApplication>(AppModule.of(settings), {
    ...tls,
    abortOnError: false,
    bodyParser: false,
    logger: new NestLogger(journal),
  });
  if (config.http.tls && config.tls)
    watchCertificate(app.getHttpServer() as unknown as Server, config.tls, certificate, journal);
  try {
    if (config.traces) app.use(requestSpans(app.get(Traces).add));
    await initialiseHttp(app, settings);
    const channel = app.get(StreamTransport);
    if (config.http.onePort && channel instanceof EmbeddedTransport)
      shareOnePort(app.getHttpServer() as unknown as Server, channel, journal);
    await app.listen(config.http.port, config.http.host);
  } catch (error) {
    await app.close();
    throw error;
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = publicUrlOf(config, port);
  journal.info('server listening', { url, keyFingerprint: certificate.pin });
  for (const { name, meant } of config.unknown)
    journal.warn(`${name} is not a setting of the server and has no effect${meant ? `; did you mean ${meant}?` : ''}`);
  if (isOfUnknownAuthority(certificate))
    journal.warn(
      'no public authority has signed the certificate; set PLATEN_TLS_CA to the PEM file of the authority that has, ' +
        'otherwise agents and technicians may not be able to connect to the relay',
    );
  app.get(RelaySupervisor).start(ownUrlOf(config, port));

  const stop = async () => {
    const cut = setTimeout(() => app.getHttpServer().closeAllConnections(), LIMITS.API_STOP_MS);
    await app.close().finally(() => clearTimeout(cut));
    await release();
    journal.info('server stopped');
  };
  let stopped: Promise<void> | undefined;
  return { port, url, stop: () => (stopped ??= stop()) };
}
