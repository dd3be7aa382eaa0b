import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';

/** The usual port for Wake-on-LAN: discard (RFC 863). */
const PORT = 9;
const REPEATS = 16;

/** Six times 0xff, then the address sixteen times. @param mac such as 00:1a:2b:3c:4d:5e */
export function magicPacket(mac: string): Buffer {
  const address = Buffer.from(mac.replaceAll(':', ''), 'hex');
  return Buffer.concat([Buffer.alloc(6, 0xff), ...Array.from({ length: REPEATS }, () => address)]);
}

/** Sends a packet to every IPv4 network of this computer. Errors are ignored: the wake request reports the outcome. */
export async function wakeOnLan(mac: string): Promise<void> {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  try {
    await new Promise<void>((resolve) => socket.bind(0, () => resolve()));
    socket.setBroadcast(true);
    const sent = broadcastAddresses().map(
      (address) => new Promise<void>((resolve) => socket.send(magicPacket(mac), PORT, address, () => resolve())),
    );
    await Promise.all(sent);
  } finally {
    socket.close();
  }
}

function broadcastAddresses(): string[] {
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return own
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address, netmask }) => {
      const mask = netmask.split('.').map(Number);
      return address
        .split('.')
        .map((part, index) => Number(part) | (~mask[index]! & 0xff))
        .join('.');
    });
}
