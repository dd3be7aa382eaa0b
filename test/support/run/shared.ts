import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

/** What the specs of a run share: each is made when the first spec asks for it, and removed after the last one (`set-up.ts`). */
export type Shared =
  /** A PostgreSQL server: its URL. */
  | 'postgres'
  /** The folder of Platen's Debian packages. */
  | 'packages'
  /** The folder of a minimal Debian. Only copies are used. */
  | 'debian'
  /** The folder in which Buildah and Podman store the container images of server and agent. */
  | 'images';

/** Makes it, or waits until it is made: without `fetch`, which waits for five minutes at most. @returns where it is */
export async function shared(what: Shared): Promise<string> {
  const asking = get(`${process.env.PLATEN_TEST_SHARED!}/${what}`);
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  const said = await text(answer);
  if (answer.statusCode !== 200) throw new Error(said);
  return said;
}
