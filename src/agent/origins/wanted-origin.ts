import { isIP, type Socket } from 'node:net';
import { isLoopback } from '../../protocol/loopback';
import { ProblemError } from '../../protocol/problems';
import { target, type Application, type Target } from '../configuration/application';
import type { Configuration } from '../configuration/configuration';

/** All of an application's origins travel in one header (LIMITS.TUNNEL_HEADER_BYTES). */
const ORIGIN_CHARACTERS = 300;
const UNSPECIFIED = /^(0\.0\.0\.0|::|)$/;

/** What an application may not be extended to, whatever the owner is asked. */
export type Reserved = Pick<Configuration, 'devices' | 'panel'> & Partial<Pick<Configuration, 'wake'>>;

/**
 * The address of an origin that a technician would like to have added to an application. It never leads to the agent's own
 * pages, to the display of a device or to a document box: technicians could answer their own requests there.
 * @throws ProblemError invalid-request with the reason
 */
export function wantedTarget(origin: string, application: Application, reserved: Reserved): Target {
  const read = target.safeParse(origin);
  if (!read.success || read.data.origin === undefined || origin.length > ORIGIN_CHARACTERS)
    throw refused('it must look like https://host[:port]');
  const wanted = read.data;
  const host = wanted.host.toLowerCase();
  if (UNSPECIFIED.test(host)) throw refused('it is no address of a device');
  // the demo has its devices on this computer
  const isOwnHost = host === application.target.host.toLowerCase();
  if (isHere(host) && !isOwnHost) throw refused("it is an address of the agent's own computer");
  if (isHere(host) && ownPorts(reserved).includes(wanted.port)) throw refused('it is a page of the agent');
  if (isClosed(wanted.host, wanted.port, reserved)) throw refused('it is the display or a document box of a device');
  return wanted;
}

/** Where a name leads is known only when the connection is open. @param isOwnHost it is that of the application itself */
export function leadsAstray(
  socket: Pick<Socket, 'localAddress' | 'remoteAddress' | 'remotePort'>,
  isOwnHost: boolean,
  reserved: Reserved,
): boolean {
  const { localAddress, remoteAddress = '', remotePort = 0 } = socket;
  const isOnThisComputer = isLoopback(remoteAddress) || remoteAddress === localAddress;
  const isOwnPage = isOnThisComputer && (!isOwnHost || ownPorts(reserved).includes(remotePort));
  return isOwnPage || isClosed(remoteAddress, remotePort, reserved);
}

function isClosed(host: string, port: number, { devices }: Reserved): boolean {
  const closed = devices.flatMap(({ display, applications }) => [
    ...(display ? [display.address] : []),
    ...applications.filter(({ protocol }) => protocol === 'box').map((each) => each.target),
  ]);
  return closed.some((each) => each.host === host && each.port === port);
}

/** Whether an address is on this computer by its name alone. */
const isHere = (host: string): boolean =>
  isLoopback(host) ||
  host.endsWith('.localhost') ||
  /^::ffff:/.test(host) ||
  (isIP(host) === 4 && host.startsWith('127.'));

const ownPorts = ({ panel, wake }: Reserved): number[] =>
  [panel.port, panel.lan?.port, wake?.port].filter((port) => port !== undefined);

const refused = (why: string): ProblemError => new ProblemError('invalid-request', why);
