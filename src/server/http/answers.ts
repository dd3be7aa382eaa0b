import { HttpCode, applyDecorators } from '@nestjs/common';
import type { z } from 'zod';
import { Documented } from './api-docs';

/** The successful answer of a route: sets the status and adds the schema to the OpenAPI document. */
export const Answers = (schema: z.ZodType, status = 200): MethodDecorator =>
  applyDecorators(
    HttpCode(status),
    Documented(({ ApiResponse }) => ApiResponse({ status, standardSchema: schema, description: '' })),
  );

/** A route that answers 204 without a body. */
export const AnswersNothing = (): MethodDecorator =>
  applyDecorators(
    HttpCode(204),
    Documented(({ ApiResponse }) => ApiResponse({ status: 204, description: '' })),
  );

/** A route that browsers open, and that redirects them. */
export const Redirects = (): MethodDecorator =>
  applyDecorators(
    HttpCode(302),
    Documented(({ ApiResponse }) =>
      ApiResponse({ status: 302, description: '', content: { 'text/plain': { schema: { type: 'string' } } } }),
    ),
  );
