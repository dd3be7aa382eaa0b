import { BlockList, connect, isIPv6 } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import type { wake } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { jittered } from '../../protocol/waits';
import { WAKE_ANSWERS, WAKE_LINE, type WakeAnswer } from '../../protocol/wake';
import { wakeOnLan } from './wake-on-lan';

type Wake = z.infer<typeof wake.request>;
type Outcome = z.infer<typeof wake.response>;

const ATTEMPT_MS = 3_000;
const PAUSE_MS = 1_000;

/** A3: forwards a sealed request to a sleeping agent; retries until it answers or the time is up. */
export async function sendWake(
  { wake: { host, port, mac }, sealed }: Wake,
  timeoutMs: number = LIMITS.WAKE_SEND_MS,
): Promise<Outcome> {
  if (!isInOwnNetworks(host)) return { outcome: 'out-of-reach', detail: `${host} is not in a network of this agent` };
  const deadline = performance.now() + timeoutMs;
  let why = '';
  while (performance.now() < deadline) {
    if (mac !== null) await wakeOnLan(mac);
    try {
      return { outcome: await oneAttempt(host, port, sealed), detail: '' };
    } catch (error) {
      why = (error as Error).message;
    }
    await delay(jittered(PAUSE_MS, { least: 0.5, most: 1.5 }));
  }
  return { outcome: 'unreachable', detail: why.slice(0, 200) };
}

function oneAttempt(host: string, port: number, sealed: string): Promise<WakeAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const late = setTimeout(() => socket.destroy(new Error(`${host} port ${port} does not answer`)), ATTEMPT_MS);
    let text = '';
    socket.setEncoding('latin1');
    socket.on('connect', () => socket.write(`${WAKE_LINE} ${sealed}\n`));
    socket.on('data', (more: string) => {
      text += more;
      if (text.length > WAKE_LINE.length) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(late);
      const answer = WAKE_ANSWERS.find((word) => text === `${word}\n`);
      if (answer) resolve(answer);
      else reject(new Error(`${host} port ${port} is not an agent`));
    });
  });
}

/** Whether an address is in a network in which this computer has an address. */
export function isInOwnNetworks(
  host: string,
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): boolean {
  const own = new BlockList();
  for (const { cidr, family } of Object.values(interfaces).flatMap((each) => each ?? [])) {
    const [network, bits] = (cidr ?? '').split('/');
    if (network && bits) own.addSubnet(network, Number(bits), family === 'IPv6' ? 'ipv6' : 'ipv4');
  }
  return own.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}
