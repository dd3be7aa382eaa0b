import type { z } from 'zod';
import { answerOf, Unreachable } from './request';

export interface Upload {
  /** Below `/api`. */
  readonly path: string;
  readonly file: Blob;
  readonly mediaType: string;
  readonly timeoutMs: number;
}

/**
 * Sends a file as the body of a POST. `fetch` cannot tell how much of it has been taken.
 * @param onProgress gets the part that has been sent, 0 to 1
 * @throws ApiProblem, Unreachable, UnexpectedAnswer
 */
export async function upload<T>(
  schema: z.ZodType<T>,
  { path, file, mediaType, timeoutMs }: Upload,
  onProgress: (part: number) => void,
): Promise<T> {
  const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `/api${path}`);
    request.setRequestHeader('content-type', mediaType);
    request.timeout = timeoutMs;
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onload = () => resolve({ status: request.status, text: request.responseText });
    request.onerror = () => reject(new Unreachable('the upload broke off'));
    request.ontimeout = () => reject(new Unreachable('the upload took too long'));
    request.send(file);
  });
  return answerOf(schema, `POST ${path}`, status, text);
}
