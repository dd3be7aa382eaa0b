import { z } from 'zod';
import { announcedApplication } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { applicationId } from '../../protocol/names';
import { shownLine } from '../../protocol/shown-text';
import { problem } from './field-problem';

/** Address of an application: an origin only, because the tunnel does not parse the bytes. */
export const target = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['tcp:', 'http:', 'https:'].includes(url.protocol) || url.hostname === '')
    return problem(context, 'must look like tcp://host:port, http://host:port or https://host:port');
  if (url.username !== '' || url.password !== '') return problem(context, 'must not contain a user or password');
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '')
    return problem(context, 'must end after the port');
  const port = url.port === '' ? { 'http:': 80, 'https:': 443 }[url.protocol] : Number(url.port);
  if (!port) return problem(context, 'must name a port from 1 to 65535');
  const tls = url.protocol === 'https:';
  // for applications that speak HTTP: their origin at the device (RFC 6454 6.2)
  const http = url.protocol === 'tcp:' ? {} : { origin: url.origin };
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, tls, ...http };
});

export const application = z
  .strictObject({
    id: applicationId,
    title: shownLine(100).min(1),
    target,
    protocol: announcedApplication.shape.protocol.removeDefault().optional(),
    viewTarget: target.optional(),
    origins: z.array(target).max(LIMITS.APPLICATION_ORIGINS).optional(),
  })
  .transform(({ protocol, ...rest }, context) => {
    const http = rest.target.origin !== undefined;
    if (protocol !== undefined && ['http', 'box'].includes(protocol) !== http)
      return problem(context, 'must be http or box for an http or https target, and tcp or vnc for a tcp target', [
        'protocol',
      ]);
    if (protocol === 'box' && rest.viewTarget)
      return problem(context, 'is not possible for a document box; its access conditions name the operations', [
        'viewTarget',
      ]);
    if (rest.viewTarget && (rest.viewTarget.origin !== undefined) !== http)
      return problem(context, 'must have the same protocol as the target', ['viewTarget']);
    const spoken = protocol ?? (http ? 'http' : 'tcp');
    if (rest.origins && spoken !== 'http') return problem(context, 'are for applications that speak http', ['origins']);
    for (const [index, { origin }] of (rest.origins ?? []).entries())
      if (origin === undefined || origin === rest.target.origin)
        return problem(context, 'must be http or https, and another than the target', ['origins', String(index)]);
    // The agent enforces `view` for VNC itself (rfb-view-only), so no `viewTarget` is needed.
    return { ...rest, protocol: spoken, viewable: rest.viewTarget !== undefined || spoken === 'vnc' };
  });

/** With the permission of the device's owner for each of its addresses that has TLS. */
export function withWeakTls(of: z.output<typeof application>, weakTls: true | undefined) {
  const allowing = <T extends z.output<typeof target> | undefined>(each: T) =>
    each?.tls ? { ...each, weakTls } : each;
  const targets = [of.target, of.viewTarget, ...(of.origins ?? [])];
  const weak = weakTls && targets.some((each) => each?.tls === true);
  return {
    ...of,
    target: allowing(of.target),
    viewTarget: allowing(of.viewTarget),
    ...(of.origins && { origins: of.origins.map(allowing) }),
    ...(weak && { weakTls }),
  };
}

export type Target = z.output<typeof target> & { readonly weakTls?: boolean };
export type Application = z.output<typeof application>;
