import { useMutation, type UseMutateFunction } from '@tanstack/react-query';
import { useState } from 'react';
import type { z } from 'zod';
import { useClient } from './query-client';
import { answerOf, Unreachable } from './request';

interface Upload {
  /** Below `/api`. */
  readonly path: string;
  readonly file: Blob;
  readonly mediaType: string;
  readonly timeoutMs: number;
}

/**
 * Sends a file as the body of a POST. `fetch` does not report how much has been sent.
 * @param onProgress gets the fraction that has been sent, 0 to 1
 * @throws ApiProblem, Unreachable, UnexpectedAnswer
 */
async function upload<T>(
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
    request.onerror = () => reject(new Unreachable('the upload was interrupted'));
    request.ontimeout = () => reject(new Unreachable('the upload took too long'));
    request.send(file);
  });
  return answerOf(schema, `POST ${path}`, status, text);
}

/** Uploads files and reads their list again. `part` is the fraction that has been sent, 0 to 1. */
export function useUpload<Input, Stored>(schema: z.ZodType<Stored>, list: string, uploadOf: (input: Input) => Upload) {
  const client = useClient();
  const [part, setPart] = useState(0);
  const mutation = useMutation({
    mutationFn: (input: Input) => upload(schema, uploadOf(input), setPart),
    onMutate: () => setPart(0),
    onSuccess: () => client.invalidateQueries({ queryKey: [list] }),
  });
  return { ...mutation, part };
}

/** What a component needs of the upload of a file. */
export interface FileUpload<Stored> {
  readonly mutate: UseMutateFunction<Stored, Error, File>;
  readonly isPending: boolean;
  readonly data: Stored | undefined;
  readonly error: Error | null;
  readonly part: number;
}
