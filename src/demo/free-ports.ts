import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';

/** Ports are claimed in blocks; the first of a block is the claim. */
const BLOCK = 64;
const FIRST_BLOCK = 10_048;
/** Where the kernel's ephemeral ports start when it does not tell: Linux's own default, the lowest in use. */
const EPHEMERAL = 32_768;

interface Block {
  /** Keeps others out for as long as this process lives. */
  readonly claim: Server;
  next: number;
  readonly end: number;
}
let block: Block | undefined;

/**
 * Free ports of this machine, one beside the other, that nobody else is given as long as this process lives: not the
 * kernel, which gives only ephemeral ones (RFC 6056 2.1) to those who dial or ask for any, and no other process that
 * asks here. So a program may be started on them later, and again.
 * @throws Error when there are none
 */
export async function freePorts(count: number): Promise<number[]> {
  if (count >= BLOCK) throw new RangeError(`at most ${BLOCK - 1} ports at a time`);
  for (;;) {
    if (!block || block.next + count > block.end) block = await claimBlock(); // what the old one gave stays given
    const first = block.next;
    block.next += count; // before anything is waited for, so that nobody else is given them meanwhile
    const ports = Array.from({ length: count }, (_, index) => first + index);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return ports;
  }
}

/** @returns false when somebody listens there already */
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
  throw new Error(`every block of ports from ${FIRST_BLOCK} on is claimed; what holds them?`);
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
