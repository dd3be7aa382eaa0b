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
 *       "except": [".acme.example", "10.0.0.0/8"], "authority": "proxy-ca.pem", "tlsAuthority": "acme-ca.pem" }
 *
 * `url` and `except` replace HTTPS_PROXY and NO_PROXY; `"url": "none"`: no proxy. `authority`: PEM file of the authority of
 * a proxy that intercepts TLS; certificates that it signed are accepted in place of the server's. `tlsAuthority`: PEM file
 * of the authority that signed the certificate of an `https:` proxy.
 */
export const proxyField = z.strictObject({
  url: z.string().max(1000).optional(),
  login: deviceLogin.optional(),
  except: z.array(z.string().min(1).max(300)).max(100).optional(),
  authority: z.string().min(1).optional(),
  tlsAuthority: z.string().min(1).optional(),
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
  const { url, login, except, authority, tlsAuthority } = data.proxy;
  const folder = dirname(resolve(file));
  try {
    const own = login && new DeviceLogin(login, folder);
    await own?.load(file);
    return outboundProxy(env, {
      url,
      except,
      interceptor: await pemOf('authority', authority, folder),
      tlsAuthority: await pemOf('tlsAuthority', tlsAuthority, folder),
      login: own && { user: own.user, password: own.password },
    });
  } catch (failure) {
    if (failure instanceof ConfigurationError) throw failure;
    const { message } = failure as Error;
    const isOfEnvironment = failure instanceof ProxyNotValid && url === undefined;
    throw new ConfigurationError([isOfEnvironment ? message : `proxy: ${message}`]);
  }
}

async function pemOf(field: string, file: string | undefined, folder: string): Promise<string | undefined> {
  if (file === undefined) return undefined;
  return readFile(resolve(folder, file), 'utf8').catch(({ code }: NodeJS.ErrnoException) => {
    throw new ConfigurationError([`proxy.${field}: ${file} cannot be read (${code})`]);
  });
}
