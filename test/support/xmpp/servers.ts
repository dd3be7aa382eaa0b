import { createJournal } from '../../../src/journal/journal';
import { ControlChannel, DOMAIN } from './control-channel';
import { startEjabberd } from './engines/ejabberd';
import type { XmppEngine } from './engines/engine';
import { startProsody } from './engines/prosody';

/** From Debian. */
export const ENGINES = { prosody: startProsody, ejabberd: startEjabberd };

/** Every XMPP server that agents can be connected to. */
export const SERVERS = ['embedded', 'prosody', 'ejabberd'] as const;
export type ServerName = (typeof SERVERS)[number];

/** Starts the server once for the tests of a block. @returns what starts control channels at it */
export function useServer(
  name: ServerName,
): (...parameters: Parameters<typeof ControlChannel.start>) => Promise<ControlChannel> {
  if (name === 'embedded') return (...parameters) => ControlChannel.start(...parameters);
  let engine: XmppEngine;
  beforeAll(async () => {
    engine = await ENGINES[name](DOMAIN);
  });
  afterAll(() => engine.stop());
  return (limits, accounts, journal = createJournal('test', 'silent')) =>
    ControlChannel.at(engine, limits, accounts, journal);
}
