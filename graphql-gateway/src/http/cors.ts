import type { HttpApp } from '@order-flow/service-kit';

/** Lets pages of these origins call; all others are left to the browser's same-origin rule. Tokens travel in a header, so no credentials. */
export function allowOrigins(app: HttpApp, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const allowed = new Set(origins);
  app.addHook('onSend', (request, reply, _payload, done) => {
    const { origin } = request.headers;
    void reply.header('vary', 'origin');
    if (origin !== undefined && allowed.has(origin)) {
      void reply.header('access-control-allow-origin', origin).header('cross-origin-resource-policy', 'cross-origin');
      void reply.header('access-control-expose-headers', 'location, retry-after');
    }
    done();
  });
  app.options('/*', { config: { public: true } }, (_request, reply) =>
    reply
      .header('access-control-allow-methods', 'GET, POST')
      .header('access-control-allow-headers', 'authorization, content-type, idempotency-key, traceparent')
      .header('access-control-max-age', '600')
      .status(204)
      .send(),
  );
}
