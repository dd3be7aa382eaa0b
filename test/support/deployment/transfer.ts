import { createHash } from 'node:crypto';
import { get } from 'node:http';

/** A slow download, until it is complete or cut. */
export interface Transfer {
  readonly received: () => number;
  /** base64url SHA-256 of the whole; undefined where it was cut. */
  readonly ended: Promise<string | undefined>;
  cancel(): void;
  /** The rest comes as fast as it can. */
  hurry(): void;
}

/** @param bytesPerSecond taken at most until it is hurried, so that it lasts; the rest waits at the device (back-pressure) */
export function slowDownload(url: string, bytesPerSecond: number): Transfer {
  const hash = createHash('sha256');
  const began = Date.now();
  let received = 0;
  let timer: NodeJS.Timeout | undefined;
  let isSlow = true;
  let goOn = (): void => undefined;
  const request = get(url, { agent: false });
  const ended = new Promise<string | undefined>((resolve) => {
    const cut = (): void => resolve(undefined);
    request.once('error', cut);
    request.once('response', (response) => {
      response.once('error', cut).once('aborted', cut);
      response.once('end', () => resolve(response.complete ? hash.digest('base64url') : undefined));
      response.on('data', (part: Buffer) => {
        received += part.length;
        hash.update(part);
        const ahead = (received / bytesPerSecond) * 1_000 - (Date.now() - began);
        if (!isSlow || ahead < 20) return;
        response.pause();
        goOn = () => void response.resume();
        timer = setTimeout(goOn, ahead);
      });
    });
  });
  void ended.then(() => clearTimeout(timer));
  const hurry = (): void => {
    isSlow = false;
    goOn();
  };
  return { received: () => received, ended, cancel: () => request.destroy(), hurry };
}
