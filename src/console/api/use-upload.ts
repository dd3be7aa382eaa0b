import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { z } from 'zod';
import { upload, type Upload } from './upload';

/** Sends files, and has the list read again that they are in. `part` of the file has been sent, 0 to 1. */
export function useUpload<Input, Stored>(schema: z.ZodType<Stored>, list: string, uploadOf: (input: Input) => Upload) {
  const client = useQueryClient();
  const [part, setPart] = useState(0);
  const mutation = useMutation({
    mutationFn: (input: Input) => upload(schema, uploadOf(input), setPart),
    onMutate: () => setPart(0),
    onSuccess: async () => {
      // a first reading that is still under way may have begun before the file was stored, and would not be repeated
      await client.cancelQueries({ queryKey: [list] });
      await client.invalidateQueries({ queryKey: [list] });
    },
  });
  return { ...mutation, part };
}
