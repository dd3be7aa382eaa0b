import type { z } from 'zod';
import type { relay } from '../../../src/protocol/api';

/** A relay of one pair that waits for sessions. */
export const sampleRelay = (change: Partial<z.infer<typeof relay>> & { id: string }): z.infer<typeof relay> => ({
  connected: true,
  version: '0.2.0',
  pairs: 1,
  links: 0,
  draining: false,
  driver: 'none',
  region: null,
  ownRegion: null,
  setRegion: null,
  sessions: 0,
  limit: 3_000,
  setLimit: null,
  obstacle: null,
  load: null,
  points: [],
  drain: null,
  removedAt: null,
  lastSeenAt: null,
  ...change,
});
