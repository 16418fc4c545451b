import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { backoffDelay } from './backoff.js';
import { Lifecycle } from './lifecycle.js';
import { silentLogger } from './logging.js';
import { Metrics } from './metrics.js';
import { probe } from './probe.js';
import { Readiness } from './readiness.js';
import { supervise, type Supervised } from './supervision.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error('it did not come true');
    await turn();
  }
}

const logged = () => {
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  return { logger, messages: () => lines.map((line) => (JSON.parse(line) as { msg: string }).msg) };
};

describe('the lifecycle', () => {
  it('stops in reverse, once, however often it is asked', async () => {
    const lifecycle = new Lifecycle(silentLogger());
    const done: string[] = [];
    const part = (name: string) => ({
      stop: async () => {
        await turn();
        done.push(name);
      },
    });
    await lifecycle.start('store', async () => part('store'));
    lifecycle.closing('log', { close: part('log').stop });
    lifecycle.background('loop', async (signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      done.push('loop');
    });
    await lifecycle.start('server', async () => part('server'));
    await Promise.all([lifecycle.stop(), lifecycle.stop()]);
    expect(done).toEqual(['server', 'loop', 'log', 'store']);
  });

  it('does not keep a part that failed to start', async () => {
    const lifecycle = new Lifecycle(silentLogger());
    await expect(lifecycle.start('broken', () => Promise.reject(new Error('no disk')))).rejects.toThrow('no disk');
    await lifecycle.stop();
  });

  it('goes on past a part that hangs or fails', async () => {
    const { logger, messages } = logged();
    const lifecycle = new Lifecycle(logger, 20);
    const done: string[] = [];
    await lifecycle.start('first', async () => ({ stop: async () => void done.push('first') }));
    await lifecycle.start('hanging', async () => ({ stop: () => new Promise<void>(() => undefined) }));
    await lifecycle.start('failing', async () => ({ stop: () => Promise.reject(new Error('torn')) }));
    await lifecycle.stop();
    expect(done).toEqual(['first']);
    expect(messages()).toEqual(['failing failed to stop', 'hanging did not stop within 20 ms']);
  });

  it('tells of a loop that ends with an error, and still stops', async () => {
    const { logger, messages } = logged();
    const lifecycle = new Lifecycle(logger);
    lifecycle.background('loop', () => Promise.reject(new Error('torn')));
    await until(() => messages().length > 0);
    await lifecycle.stop();
    expect(messages()).toEqual(['loop ended with an error']);
  });
});

describe('supervision', () => {
  it('starts a failed part again, names the cause meanwhile, and ends with its signal', async () => {
    const controller = new AbortController();
    const readiness = new Readiness();
    const reports: string[] = [];
    let attempts = 0;
    const run: Supervised = async (signal, ready, waiting) => {
      reports.push(readiness.report()['bridge'] ?? 'unknown');
      if (++attempts === 1) throw new Error('connection refused');
      ready();
      reports.push(readiness.report()['bridge'] ?? 'unknown');
      if (attempts === 2) return;
      waiting('its slices');
      reports.push(readiness.report()['bridge'] ?? 'unknown');
      ready();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    };
    const backoff = { initial: 1, max: 2 };
    const options = { signal: controller.signal, logger: silentLogger(), readiness, backoff };
    const supervised = supervise('bridge', run, options);
    await until(() => attempts === 3 && readiness.ready);
    controller.abort();
    await supervised;
    expect(reports).toEqual([
      'down: starting',
      'down: connection refused',
      'up',
      'down: ended unexpectedly',
      'up',
      'down: its slices',
    ]);
    expect(readiness.report()).toEqual({ bridge: 'down: stopped' });
  });

  it('does not wait out its back-off when it is stopped', async () => {
    const controller = new AbortController();
    const readiness = new Readiness();
    const options = { signal: controller.signal, logger: silentLogger(), readiness };
    const supervised = supervise('part', () => Promise.reject(new Error('down')), {
      ...options,
      backoff: { initial: 60_000, max: 60_000 },
    });
    await until(() => readiness.report()['part'] === 'down: down');
    controller.abort();
    await supervised;
  });

  it('backs off exponentially between half a step and a step, up to a bound', () => {
    const backoff = { initial: 100, max: 1_000 };
    const least = [1, 2, 3, 4, 5, 60].map((attempt) => backoffDelay(attempt, backoff, () => 0));
    const most = [1, 2, 3, 4, 5, 60].map((attempt) => backoffDelay(attempt, backoff, () => 1));
    expect(least).toEqual([50, 100, 200, 400, 500, 500]);
    expect(most).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });
});

describe('a probe', () => {
  it('tells readiness whether there is an answer, in time, and what failed', async () => {
    const readiness = new Readiness();
    const stop = new AbortController();
    const logger = silentLogger();
    let answer: () => Promise<unknown> = () => Promise.resolve();
    const options = { signal: stop.signal, readiness, logger, pace: { every: 1, within: 20 } };
    const probing = probe('log', () => answer(), options);
    expect(readiness.report()).toEqual({ log: 'down: not asked yet' });
    await until(() => readiness.ready);
    answer = () => Promise.reject(new Error('connection refused'));
    await until(() => readiness.report()['log'] === 'down: connection refused');
    let late: () => void = () => undefined;
    answer = () => new Promise<void>((resolve) => (late = resolve));
    await until(() => readiness.report()['log'] === 'down: no answer for 0.02 s');
    answer = () => Promise.resolve();
    late();
    await until(() => readiness.ready);
    answer = () => new Promise(() => undefined);
    stop.abort();
    await probing;
  });

  it('logs that the answers ended, why, and that they are back: once each', async () => {
    const readiness = new Readiness();
    const stop = new AbortController();
    const { logger, messages } = logged();
    let answer: () => Promise<unknown> = () => Promise.resolve();
    let asked = 0;
    const ask = () => {
      asked++;
      return answer();
    };
    const probing = probe('log', ask, { signal: stop.signal, readiness, logger, pace: { every: 1, within: 20 } });
    const severalTimes = () => {
      const before = asked;
      return until(() => asked > before + 3);
    };
    await severalTimes();
    let late: () => void = () => undefined;
    answer = () => new Promise<void>((_, reject) => (late = () => reject(new Error('connection refused'))));
    await until(() => messages().length === 1);
    answer = () => Promise.reject(new Error('connection refused'));
    late();
    await severalTimes();
    answer = () => Promise.resolve();
    await severalTimes();
    let ended = false;
    answer = () =>
      new Promise<void>((_, reject) => {
        late = () => reject(new Error('closed'));
        ended = true;
      });
    await until(() => ended);
    stop.abort();
    late();
    await probing;
    expect(messages()).toEqual([
      'log does not answer: no answer for 0.02 s; it is asked again until it does',
      'log does not answer: connection refused; it is asked again until it does',
      'log answers again',
    ]);
  });
});

describe('metrics', () => {
  it('leave out an observed gauge that fails, and tell the others', async () => {
    const metrics = new Metrics('test');
    metrics.observed('lag', 'Lag', ['topic'], (gauge) => {
      gauge.set({ topic: 'half' }, 1);
      return Promise.reject(new Error('the log is away'));
    });
    metrics.observed('size', 'Size', ['topic'], (gauge) => gauge.set({ topic: 'whole' }, 7));
    const text = await metrics.text();
    expect(text).toContain('size{topic="whole",service="test"} 7');
    expect(text).not.toContain('half');
  });
});
