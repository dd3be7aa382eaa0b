import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { problem } from '../../protocol/problems';
import { productVersion } from '../../journal/product-version';

/** The OpenAPI document of all routes at `/api/docs-json`, and to read at `/api/docs`. */
export function serveApiDocs(app: INestApplication): void {
  const outline = new DocumentBuilder()
    .setTitle('Platen')
    .setDescription('Every error is an `application/problem+json` (RFC 9457) with a stable `code`.')
    .setVersion(productVersion())
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'an API token, `plt_...`' }, 'token')
    .addCookieAuth('platen.sid', { type: 'apiKey', in: 'cookie' }, 'cookie')
    .build();
  SwaggerModule.setup('api/docs', app, () => withProblems(SwaggerModule.createDocument(app, outline)));
}

/** Adds the one answer that every route may give. */
function withProblems(document: OpenAPIObject): OpenAPIObject {
  const schema = z.toJSONSchema(problem, { target: 'openapi-3.0' }) as object;
  const failure = { description: 'What went wrong', content: { 'application/problem+json': { schema } } };
  for (const path of Object.values(document.paths))
    for (const operation of [path.get, path.post, path.put, path.patch, path.delete])
      if (operation) operation.responses.default = failure;
  return document;
}
