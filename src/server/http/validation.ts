import { StandardSchemaValidationPipe } from '@nestjs/common';
import { InvalidRequest } from './http.errors';

/** Parses what `@Body({schema})`, `@Query({schema})` and `@Param(name, {schema})` name a schema for. */
export const validation = (): StandardSchemaValidationPipe =>
  new StandardSchemaValidationPipe({ exceptionFactory: (issues) => InvalidRequest.from(issues) });
