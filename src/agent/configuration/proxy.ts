import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../protocol/parse-json';
import { outboundProxy, ProxyNotValid, type OutboundProxy } from '../../tunnel/outbound-proxy';
import { ConfigurationError } from './configuration.errors';
import { DeviceLogin, deviceLogin } from './device-login';

/**
 * The outbound proxy of the agent, all optional:
 *
 *     "proxy": { "url": "http://proxy.example:3128", "login": { "user": "box", "passwordFile": "proxy-password" },
 *       "except": [".acme.example", "10.0.0.0/8"], "authority": "proxy-ca.pem" }
 *
 * `url` and `except` replace HTTPS_PROXY and NO_PROXY; `"url": "none"`: no proxy. `authority`: PEM file of the authority of
 * a proxy that intercepts TLS; certificates that it signed are accepted in place of the server's.
 */
export const proxyField = z.strictObject({
  url: z.string().max(1000).optional(),
  login: deviceLogin.optional(),
  except: z.array(z.string().min(1).max(300)).max(100).optional(),
  authority: z.string().min(1).optional(),
});

/**
 * The outbound proxy that the configuration file sets, if it exists, and otherwise the environment.
 * @throws ConfigurationError
 */
export async function readProxy(file: string, env: NodeJS.ProcessEnv): Promise<OutboundProxy> {
  const text = await readFile(file, 'utf8').catch(() => '{}'); // who needs the file reports that it is missing
  const { data, error } = z.object({ proxy: proxyField.prefault({}) }).safeParse(parseJson(text));
  if (!data)
    throw new ConfigurationError(error.issues.map(({ path, message }) => `${path.join('.') || file}: ${message}`));
  const { url, login, except, authority } = data.proxy;
  const folder = dirname(resolve(file));
  try {
    const own = login && new DeviceLogin(login, folder);
    await own?.load(file);
    const interceptor = authority && (await readFile(resolve(folder, authority), 'utf8'));
    return outboundProxy(env, {
      url,
      except,
      interceptor,
      login: own && { user: own.user, password: own.password },
    });
  } catch (failure) {
    const { code, message } = failure as NodeJS.ErrnoException;
    const isOfEnvironment = failure instanceof ProxyNotValid && url === undefined;
    if (code !== undefined && !(failure instanceof ProxyNotValid))
      throw new ConfigurationError([`proxy.authority: ${authority} cannot be read (${code})`]);
    throw new ConfigurationError([isOfEnvironment ? message : `proxy: ${message}`]);
  }
}
