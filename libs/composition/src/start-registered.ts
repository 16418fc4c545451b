import type { ServiceDirectory } from '@order-flow/coordination';
import type { HttpServer, Lifecycle, Running } from '@order-flow/service-kit';

/** A service that answers over HTTP. */
export type Serving = Running & { readonly server: HttpServer };

/**
 * Starts a service and registers it. When the lifecycle stops, the registry says DRAINING before the service stops, and
 * forgets it afterwards.
 */
export async function startRegistered<T extends Serving>(
  service: string,
  start: () => Promise<T>,
  options: {
    readonly lifecycle: Lifecycle;
    readonly directory: ServiceDirectory;
    readonly advertisedUrl?: string | undefined;
  },
): Promise<T> {
  const { lifecycle, directory } = options;
  let remove = (): Promise<void> => Promise.resolve();
  lifecycle.closing(`${service} registration`, { close: () => remove() });
  const running = await lifecycle.start(service, start);
  const url = options.advertisedUrl ?? running.server.url;
  const registration = await directory.register({ service, id: `${service}@${new URL(url).host}`, url });
  remove = () => registration.remove();
  lifecycle.closing(`${service} drain`, { close: () => registration.drain() });
  return running;
}
