import { describe, expect, it } from '@jest/globals';
import { murmur2, partitionForKey } from './murmur2.js';

describe('murmur2', () => {
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])("hashes %s as Kafka's own test does", (key, hash) => {
    expect(murmur2(key)).toBe(hash);
    expect(partitionForKey(key, 6)).toBe((hash & 0x7fffffff) % 6);
  });

  it('hashes the UTF-8 bytes of a key', () => {
    expect(murmur2('Käse')).toBe(murmur2(Buffer.from('Käse', 'utf8')));
  });

  it('sends a keyless record to partition 0', () => {
    expect(partitionForKey(null, 6)).toBe(0);
  });
});
