import { programOf, ServiceProcess } from '@order-flow/cluster';
import { freePorts, type RunningRedis, startRedis } from '@order-flow/servers';
import type { SystemUnderTest } from './system-under-test.js';

/**
 * One more command service on the same event store and log that asks another Redis: there it is alone, holds the lease, and
 * carries events while the system's own bridge does too.
 */
export class StrayBridge {
  private constructor(
    private readonly redis: RunningRedis,
    private readonly process: ServiceProcess,
  ) {}

  static async start(system: SystemUnderTest): Promise<StrayBridge> {
    const redis = await startRedis();
    const [twin] = system.cluster.of('command-service');
    if (!twin) throw new Error('there is no command service to have a twin of');
    const [port = 0] = await freePorts(1);
    const { instance } = twin;
    const process = new ServiceProcess({
      instance: { ...instance, name: 'stray', port, env: { ...instance.env, COMMAND_SERVICE_PORT: String(port) } },
      script: programOf('command-service'),
      env: { ...system.env, REDIS_URL: redis.url },
      line: () => undefined,
      note: () => undefined,
    });
    return new StrayBridge(redis, process);
  }

  async stop(): Promise<void> {
    await this.process.stop();
    await this.redis.down();
  }
}
