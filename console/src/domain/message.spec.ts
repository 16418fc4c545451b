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
