import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { LIMITS } from '../../protocol/limits';

/**
 * Answers with texts that are made while they are sent, no faster than the reader takes them. What fails before the first one
 * can still be answered as a problem; a response that has begun is cut, which a browser shows as a failed download.
 * @throws what making the texts throws; not if the reader leaves
 */
export async function sendTexts(
  response: Response,
  { type, file }: { readonly type: string; readonly file?: string },
  texts: AsyncGenerator<string, void>,
): Promise<void> {
  const first = await texts.next();
  response.setTimeout(LIMITS.EXPORT_STALL_MS, () => response.destroy());
  if (file !== undefined) response.attachment(file); // which sets a type, too
  response.type(type);
  const all = async function* () {
    if (!first.done) yield first.value;
    yield* texts;
  };
  await pipeline(Readable.from(all()), response).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
}
