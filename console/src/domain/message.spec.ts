import { describe, expect, it } from '@jest/globals';
import { presentValue } from './message.js';

describe('presentValue', () => {
  it('shows JSON as JSON', () =>
    expect(presentValue(Buffer.from('{"a":1}'))).toEqual({
      format: 'json',
      json: { a: 1 },
      bytes: 7,
      truncated: false,
    }));

  it.each([
    '{"id":12345678901234567890}',
    '{"share":0.10000000000000000555}',
    '[1e400]',
    '[1e-400]',
    '['.repeat(5_000) + ']'.repeat(5_000),
  ])('shows JSON that would not come out as it is as text', (text) =>
    expect(presentValue(Buffer.from(text))).toMatchObject({ format: 'text', text }),
  );

  it.each(['{"12345678901234567890":"12345678901234567890"}', '[0.30000000000000004,-1.50,1E3,0.0,9007199254740991]'])(
    'shows numbers that come out as they are as JSON: %s',
    (text) =>
      expect(presentValue(Buffer.from(text))).toMatchObject({ format: 'json', json: JSON.parse(text) as unknown }),
  );

  it('shows other UTF-8 as text', () =>
    expect(presentValue(Buffer.from('grün'))).toEqual({ format: 'text', text: 'grün', bytes: 5, truncated: false }));

  it('shows other bytes as base64', () =>
    expect(presentValue(Buffer.from([0xff, 0xfe]))).toEqual({
      format: 'base64',
      text: '//4=',
      bytes: 2,
      truncated: false,
    }));

  it('cuts a long value between two characters and says so', () =>
    expect(presentValue(Buffer.from('grün'), 3)).toEqual({ format: 'text', text: 'gr', bytes: 5, truncated: true }));

  it('tells a tombstone from an empty value', () => {
    expect(presentValue(null).format).toBe('none');
    expect(presentValue(Buffer.alloc(0)).format).toBe('text');
  });
});
