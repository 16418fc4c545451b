import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const SIGNAL = 'SIGUSR2';

/** Runs inside the profiled process: the signal starts a profile, the next one writes it. */
const recorder = (file: string): string => `
  import { Session } from 'node:inspector';
  import { renameSync, writeFileSync } from 'node:fs';
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: 500 });
  let running = false;
  process.on('${SIGNAL}', () => {
    if (!running) session.post('Profiler.start');
    else session.post('Profiler.stop', (error, result) => {
      if (error) throw error;
      writeFileSync(${JSON.stringify(`${file}.part`)}, JSON.stringify(result.profile));
      renameSync(${JSON.stringify(`${file}.part`)}, ${JSON.stringify(file)});
    });
    running = !running;
  });`;

/**
 * Profiles another Node process around a piece of work, so that start and idle time are left out. (`--cpu-prof` is not
 * allowed in NODE_OPTIONS.)
 */
export class CpuProfile {
  readonly #file: string;

  /** @param directory where `<name>.cpuprofile` files are written, for Chrome's developer tools */
  constructor(readonly directory: string) {
    this.#file = join(directory, 'running.cpuprofile');
  }

  /** For the process to be profiled. */
  get env(): Readonly<Record<string, string>> {
    const module = `data:text/javascript,${encodeURIComponent(recorder(this.#file))}`;
    return { NODE_OPTIONS: `--import=${module}` };
  }

  /** @throws Error when the profile is not written within half a minute */
  async around<Result>(name: string, pid: number, work: () => Promise<Result>): Promise<Result> {
    await mkdir(this.directory, { recursive: true });
    process.kill(pid, SIGNAL);
    const result = await work();
    process.kill(pid, SIGNAL);
    const deadline = Date.now() + 30_000;
    while (!existsSync(this.#file)) {
      if (Date.now() > deadline) throw new Error(`process ${pid} wrote no CPU profile`);
      await delay(50);
    }
    await rename(this.#file, join(this.directory, `${name}.cpuprofile`));
    return result;
  }
}
