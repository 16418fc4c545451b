import fastifyStatic from '@fastify/static';
import { type HttpApp, Problem } from '@order-flow/service-kit';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Only what comes from this server, and nothing inline. */
export const pagePolicy: Record<string, string[]> = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

/** The built page, for everybody: it holds no data. Assets carry their hash in the name and never change. */
export async function pageRoutes(app: HttpApp, webRoot: string): Promise<void> {
  const open = { config: { public: true } };
  await app.register(fastifyStatic, { root: webRoot, serve: false, suppressWarning: true });
  app.get('/', open, async (_request, reply) => {
    if (!existsSync(join(webRoot, 'index.html')))
      throw new Problem(404, 'PAGE_NOT_BUILT', 'the page is not built: npm start builds it');
    return reply.sendFile('index.html', { cacheControl: false }).header('cache-control', 'no-cache');
  });
  app.get<{ Params: { '*': string } }>('/assets/*', open, async (request, reply) =>
    reply.sendFile(`assets/${request.params['*']}`, { maxAge: '365d', immutable: true }),
  );
}
