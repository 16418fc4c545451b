import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { HttpApp } from '@order-flow/service-kit';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { accountRoutes } from './account-routes.js';
import { optionalBodies } from './optional-bodies.js';
import { orderRoutes } from './order-routes.js';
import { productRoutes } from './product-routes.js';
import { type ApiContext, withZod } from './request.js';

/** The commands over HTTP, with OpenAPI at `/docs`. */
export async function serveApi(app: HttpApp, context: ApiContext): Promise<void> {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/docs')) route.config = { ...route.config, public: true };
  });
  await app.register(swagger, {
    openapi: {
      info: {
        title: 'kafka-order-flow commands',
        version: '1.0.0',
        description: 'Errors are RFC 9457 problem+json; `code` is stable.',
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
      security: [{ bearer: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: optionalBodies,
  });
  await app.register(swaggerUi, { routePrefix: '/docs' });
  await app.register((scope, _options, done) => {
    const api = withZod(scope);
    orderRoutes(api, context);
    productRoutes(api, context);
    accountRoutes(api, context);
    done();
  });
}
