import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Router, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import { problem } from '../../protocol/problems';
import { productVersion } from '../../journal/product-version';

/** Loaded when the documentation is first requested, because loading it takes a tenth of the start. */
type Swagger = typeof import('@nestjs/swagger');

const PATH = '/api/docs';

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
    .setDescription('Every error is an `application/problem+json` (RFC 9457) with a stable `code`.')
    .setVersion(productVersion())
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'an API token, `plt_...`' }, 'token')
    .addCookieAuth('platen.sid', { type: 'apiKey', in: 'cookie' }, 'cookie')
    .build();
  // a separate router: routes added behind those of the application would not be reached
  const routes = Router();
  const adapter = new ExpressAdapter(routes);
  const site = Object.create(app, {
    getHttpAdapter: { value: () => adapter },
    useStaticAssets: { value: adapter.useStaticAssets.bind(adapter) },
  }) as NestExpressApplication;
  swagger.SwaggerModule.setup(PATH, site, () => withProblems(swagger.SwaggerModule.createDocument(app, outline)));
  return routes;
}

/** Adds the one answer that every route may give. */
function withProblems(document: OpenAPIObject): OpenAPIObject {
  const schema = z.toJSONSchema(problem, { target: 'openapi-3.0' }) as object;
  const failure = { description: 'The error', content: { 'application/problem+json': { schema } } };
  for (const path of Object.values(document.paths))
    for (const operation of [path.get, path.post, path.put, path.patch, path.delete])
      if (operation) operation.responses.default = failure;
  return document;
}
