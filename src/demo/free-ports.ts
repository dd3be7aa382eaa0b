import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';

/** Ports are claimed in blocks; the first of a block is the claim. */
const BLOCK = 64;
const FIRST_BLOCK = 10_048;
/** Linux's default start of ephemeral ports, the lowest of all systems. */
const EPHEMERAL = 32_768;

interface Block {
  /** Reserves the block while this process runs. */
  readonly claim: Server;
  next: number;
  readonly end: number;
}
let block: Block | undefined;

/**
 * Consecutive free ports of this computer, reserved while this process runs: the kernel assigns only ephemeral ports
 * (RFC 6056 2.1), and other processes that call this function receive other ports. Programs can be started on
 * them later, and restarted.
 * @throws Error if there are none
 */
export async function freePorts(count: number): Promise<number[]> {
  if (count >= BLOCK) throw new RangeError(`at most ${BLOCK - 1} ports at a time`);
  for (;;) {
    if (!block || block.next + count > block.end) block = await claimBlock(); // ports of the earlier block stay reserved
    const first = block.next;
    block.next += count; // before the first await, so that concurrent callers receive others
    const ports = Array.from({ length: count }, (_, index) => first + index);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return ports;
  }
}

/** @returns false if the port is in use */
export async function isFree(port: number): Promise<boolean> {
  const server = await listener(port);
  if (!server) return false;
  await once(server.close(), 'close');
  return true;
}

async function claimBlock(): Promise<Block> {
  for (let first = FIRST_BLOCK; first + BLOCK <= ephemeralFrom(); first += BLOCK) {
    const claim = await listener(first);
    if (claim) return { claim: claim.unref(), next: first + 1, end: first + BLOCK };
  }
  throw new Error(`no free block of ports from ${FIRST_BLOCK} on`);
}

function ephemeralFrom(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s/)[0]) || EPHEMERAL;
  } catch {
    return EPHEMERAL; // not Linux
  }
}

function listener(port: number): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
