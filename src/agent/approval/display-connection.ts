import { displayInputs, type DisplayInputs, type DisplayState } from '../../protocol/device-display';
import { LIMITS } from '../../protocol/limits';
import { parseJson } from '../../protocol/parse-json';
import { withTimeLimit } from '../../tunnel/time-limit';
import { DeviceRefused } from '../device/device-access';
import { deviceError, openRequest, readAnswer, responseTo } from '../device/device-connection';
import type { HttpAddress } from '../configuration/device-address';

/** Inputs up to `after` of this run have been executed. */
export interface Acknowledgement {
  readonly run: string;
  readonly after: number;
}

/**
 * The display interface of one device (protocol/device-display). Whatever the device answers, a call ends in limited time
 * and memory.
 */
export class DisplayConnection {
  constructor(
    /** `path` without a slash at its end. */
    private readonly address: HttpAddress,
    private readonly secret: string,
  ) {}

  /** @throws DeviceUnreachable, DeviceRefused */
  async putState(state: DisplayState, signal: AbortSignal): Promise<void> {
    const body = Buffer.from(JSON.stringify(state));
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    await this.#exchange('PUT', '/state', { headers, body }, LIMITS.DISPLAY_ANSWER_MS, signal);
  }

  /** Waits for an input. @throws DeviceUnreachable, DeviceRefused */
  async inputs(acknowledged: Acknowledgement | undefined, signal: AbortSignal): Promise<DisplayInputs> {
    const query = acknowledged ? `?run=${acknowledged.run}&after=${acknowledged.after}` : '';
    const ms = LIMITS.DISPLAY_POLL_MS + LIMITS.DISPLAY_ANSWER_MS;
    const answer = await this.#exchange('GET', `/inputs${query}`, {}, ms, signal);
    const parsed = displayInputs.safeParse(parseJson(answer.toString('utf8')));
    if (!parsed.success) throw new DeviceRefused("the display's answer is not a list of inputs");
    return parsed.data;
  }

  async #exchange(
    method: string,
    path: string,
    { headers = {}, body }: { headers?: Record<string, string | number>; body?: Buffer },
    ms: number,
    signal: AbortSignal,
  ): Promise<Buffer> {
    const address = { ...this.address, path: `${this.address.path}${path}` };
    const authorization = `Bearer ${this.secret}`;
    try {
      return await withTimeLimit(ms, signal, async (until) => {
        const request = await openRequest(address, { method, headers: { ...headers, authorization } }, until);
        try {
          const answered = responseTo(request);
          request.end(body);
          const response = await answered;
          const { statusCode = 0 } = response;
          if (statusCode === 401) throw new DeviceRefused('the display does not know this secret (HTTP 401)');
          if (statusCode !== (method === 'PUT' ? 204 : 200))
            throw new DeviceRefused(`the display answered with HTTP ${statusCode}`);
          const answer = await readAnswer(response);
          until.throwIfAborted(); // without Content-Length, a cut answer looks complete
          return answer;
        } finally {
          request.destroy();
        }
      });
    } catch (error) {
      throw deviceError(error, signal);
    }
  }
}
