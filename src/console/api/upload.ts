import type { z } from 'zod';
import { LIMITS } from '../../protocol/limits';
import { answerOf, Unreachable } from './request';

/** The server cuts it before. */
const TIMEOUT_MS = LIMITS.RELEASE_UPLOAD_MS + 10_000;

/**
 * Sends a file as the body of a POST. `fetch` cannot tell how much of it has been taken.
 * @param onProgress gets the part that has been sent, 0 to 1
 * @throws ApiProblem, Unreachable, UnexpectedAnswer
 */
export async function upload<T>(
  schema: z.ZodType<T>,
  path: string,
  file: Blob,
  mediaType: string,
  onProgress: (part: number) => void,
): Promise<T> {
  const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `/api${path}`);
    request.setRequestHeader('content-type', mediaType);
    request.timeout = TIMEOUT_MS;
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onload = () => resolve({ status: request.status, text: request.responseText });
    request.onerror = () => reject(new Unreachable('the upload broke off'));
    request.ontimeout = () => reject(new Unreachable('the upload took too long'));
    request.send(file);
  });
  return answerOf(schema, `POST ${path}`, status, text);
}
