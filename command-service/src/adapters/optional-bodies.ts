import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';

type Describe = NonNullable<FastifyDynamicSwaggerOptions['transformObject']>;

interface Operation {
  readonly requestBody?: { required: boolean; readonly content: Record<string, { readonly schema?: object }> };
}

const mayBeNull = ({ schema = {} }: { readonly schema?: object }): boolean =>
  'nullable' in schema && schema.nullable === true;

/** Describes a body that may be null as one that may be left out: of itself, the description calls every body required. */
export const optionalBodies: Describe = (document) => {
  if (!('openapiObject' in document)) return document.swaggerObject;
  const { paths = {} } = document.openapiObject;
  const operations = Object.values(paths).flatMap((path) => Object.values(path ?? {}) as Operation[]);
  for (const { requestBody } of operations)
    if (requestBody && Object.values(requestBody.content).every(mayBeNull)) requestBody.required = false;
  return document.openapiObject;
};
