import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Router, type NextFunction, type Request, type Response } from 'express';
import type { z } from 'zod';
import { CLIENT_SCOPES } from '../../protocol/external-clients';
import { problem } from '../../protocol/problems';
import { RELAY_SUBPROTOCOL } from '../../protocol/version';
import { productVersion } from '../../journal/product-version';
import { documentedSchema } from './named-schemas';

/** Loaded when the documentation is first requested, because loading it takes a tenth of the start. */
type Swagger = typeof import('@nestjs/swagger');

const PATH = '/api/docs';

/** Who may call a route: `public` or a role. */
export const DOCUMENTED_ACCESS = 'x-platen-access';
/** Names of the security schemes in the document. */
export const DOCUMENTED_SCHEMES = {
  cookie: 'cookie',
  secureCookie: 'secureCookie',
  token: 'token',
  client: 'client',
  clientSecret: 'clientSecret',
  jobToken: 'jobToken',
} as const;
const { cookie, secureCookie, token, client, clientSecret, jobToken } = DOCUMENTED_SCHEMES;

const DESCRIPTION = `Every error is an \`application/problem+json\` (RFC 9457) with a stable \`code\`, except those of the token
endpoint (RFC 6749 5.2). After too many requests, \`429\` says in \`Retry-After\` how many seconds to wait.

**Users** authenticate with the cookie of a login or an API token \`plt_...\`; \`${DOCUMENTED_ACCESS}\` names the role that a route needs.
**External clients** get an access token \`pla_...\` from \`POST /oauth/token\` with their ID and secret, and may call the routes that name
a scope. They see the devices within their limits, and the sessions and jobs that they requested themselves; all others are unknown to them.

**Sessions:** \`POST /api/sessions\` asks the person at the device, or the access conditions set there. Poll
\`GET /api/sessions/{id}/connection\` while its \`status\` is \`waiting\`. When it is \`ready\`, open a WebSocket to \`connection.url\` with the
subprotocol \`${RELAY_SUBPROTOCOL}\`; if there is a \`pin\`, it is the base64url SHA-256 of the public key that the relay's certificate must have;
if there is an \`authority\`, its PEM certificates replace the trust anchors of the computer. Send
the text frame \`{"type":"establish","sessionId":connection.sessionId,"token":connection.token}\`, each token once and within
\`validForSeconds\`. After the frame \`joined\`, the binary frames carry one HTTP/2 connection, of which this end is the client: each
\`CONNECT\` with \`:authority\` the \`applicationId\` and \`platen-session\` the \`remoteSessionId\` is one connection to the application. The text frame
\`{"type":"terminate"}\` ends the session, and so does \`POST /api/sessions/{id}/termination\`. When its \`status\` is \`over\`, \`ending\` says why.`;

/** Decorators that wait for the library. */
const deferred: ((swagger: Swagger) => void)[] = [];

/** A decorator of `@nestjs/swagger`, applied once that is loaded: `@Documented(({ ApiBody }) => ApiBody(...))`. */
export const Documented =
  (decorator: (swagger: Swagger) => ClassDecorator | MethodDecorator) =>
  (...target: unknown[]): void => {
    deferred.push((swagger) => void Reflect.apply(decorator(swagger), undefined, target));
  };

/** Serves the OpenAPI document at `/api/docs-json` and `/api/docs-yaml`, and its reader at `/api/docs`. */
export function serveApiDocs(app: NestExpressApplication): void {
  let docs: Promise<Router> | undefined;
  app.use(async (request: Request, response: Response, next: NextFunction) => {
    if (!request.path.toLowerCase().startsWith(PATH)) return next();
    docs ??= routesOfDocs(app).catch((error: unknown) => {
      docs = undefined; // the next request tries again
      throw error;
    });
    (await docs)(request, response, next);
  });
}

async function routesOfDocs(app: NestExpressApplication): Promise<Router> {
  const swagger = await import('@nestjs/swagger');
  for (const decorate of deferred.splice(0)) decorate(swagger);
  const outline = new swagger.DocumentBuilder()
    .setTitle('Platen')
    .setDescription(DESCRIPTION)
    .setVersion(productVersion())
    .addCookieAuth('platen.sid', { type: 'apiKey', in: 'cookie', description: 'a login over http' }, cookie)
    .addCookieAuth(
      '__Host-platen.sid',
      { type: 'apiKey', in: 'cookie', description: 'a login over https' },
      secureCookie,
    )
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'an API token of a user, `plt_...`' }, token)
    .addOAuth2(
      {
        type: 'oauth2',
        description: 'an access token of an external client, `pla_...`',
        flows: { clientCredentials: { tokenUrl: '/oauth/token', scopes: CLIENT_SCOPES } },
      },
      client,
    )
    .addBasicAuth({ type: 'http', scheme: 'basic', description: 'ID and secret of an external client' }, clientSecret)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'the token of a firmware installation' }, jobToken)
    .build();
  // a separate router: routes added behind those of the application would not be reached
  const routes = Router();
  const adapter = new ExpressAdapter(routes);
  const site = Object.create(app, {
    getHttpAdapter: { value: () => adapter },
    useStaticAssets: { value: adapter.useStaticAssets.bind(adapter) },
  }) as NestExpressApplication;
  const standardSchemaConverter = (schema: unknown, { schemaType }: { schemaType: 'input' | 'output' }) =>
    documentedSchema(schema as z.ZodType, schemaType);
  swagger.SwaggerModule.setup(PATH, site, () =>
    withSecurity(withProblems(swagger.SwaggerModule.createDocument(app, outline, { standardSchemaConverter }))),
  );
  return routes;
}

/** Adds the one answer that every route may give. */
function withProblems(document: OpenAPIObject): OpenAPIObject {
  Object.assign(document.components!.schemas!, documentedSchema(problem, 'output').components);
  const schema = { $ref: '#/components/schemas/Problem' };
  const failure = { description: 'The error', content: { 'application/problem+json': { schema } } };
  for (const operation of operationsOf(document)) operation.responses.default = failure;
  return document;
}

/**
 * Adds the credentials of users to every route that is not public. What a public route accepts, and which scope a route
 * needs, their decorators have added.
 */
function withSecurity(document: OpenAPIObject): OpenAPIObject {
  const ofUsers = [cookie, secureCookie, token].map((scheme) => ({ [scheme]: [] }));
  for (const operation of operationsOf(document)) {
    const { [DOCUMENTED_ACCESS]: access, security = [] } = operation as Operation &
      Record<typeof DOCUMENTED_ACCESS, string>;
    operation.security = access === 'public' ? security : [...ofUsers, ...security];
  }
  return document;
}

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
const operationsOf = ({ paths }: OpenAPIObject): Operation[] =>
  Object.values(paths).flatMap((path) =>
    [path.get, path.post, path.put, path.patch, path.delete].filter((operation) => operation !== undefined),
  );
