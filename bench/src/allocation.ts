import { GCProfiler } from 'node:v8';

/** Bytes that work allocated on the JavaScript heap (buffers' contents do not lie there), from what collections found. */
export async function allocatedBytes<Result>(work: () => Promise<Result>): Promise<{ bytes: number; result: Result }> {
  const profiler = new GCProfiler();
  let heap = process.memoryUsage().heapUsed;
  profiler.start();
  const result = await work();
  const { statistics } = profiler.stop();
  let bytes = 0;
  for (const { beforeGC, afterGC } of statistics) {
    bytes += Math.max(0, beforeGC.heapStatistics.usedHeapSize - heap);
    heap = afterGC.heapStatistics.usedHeapSize;
  }
  return { bytes: bytes + Math.max(0, process.memoryUsage().heapUsed - heap), result };
}
