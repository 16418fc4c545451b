import helmet from '@fastify/helmet';
import fastify from 'fastify';

/** Content-Security-Policy directives for a server that serves pages; none for plain APIs, whose policy is helmet's own. */
export type ContentSecurityPolicy = Record<string, string[]> | false | undefined;

/**
 * The security headers of every answer. They are the same for all requests, so helmet is asked once: it would put the
 * policy together anew for each request.
 */
export async function securityHeaders(directives: ContentSecurityPolicy): Promise<Record<string, string>> {
  const app = fastify();
  await app.register(helmet, {
    contentSecurityPolicy:
      directives === undefined || directives === false ? directives !== false : { useDefaults: false, directives },
    hsts: false,
  });
  app.get('/', () => '');
  const { headers } = await app.inject('/');
  await app.close();
  const ofAnswer = ['content-type', 'content-length', 'date', 'connection'];
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (ofAnswer.includes(name) ? [] : [[name, String(value)]])),
  );
}
