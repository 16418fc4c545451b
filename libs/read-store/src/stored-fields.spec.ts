import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeDocument } from './document-encoding.js';
import { readFields } from './stored-fields.js';

describe('reading some fields of stored JSON', () => {
  it('finds what decoding everything would find', () => {
    const names = ['revision', 'status', 'nested', 'list', 'é'];
    const document = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), fc.jsonValue({ maxDepth: 3 }));
    fc.assert(
      fc.property(document, fc.subarray(names), (fields, wanted) => {
        const bytes = encodeDocument(fields);
        const found = readFields(bytes, new Set(wanted));
        if (found === undefined) return;
        const whole = JSON.parse(bytes.toString()) as Record<string, unknown>;
        expect(found).toEqual(
          Object.fromEntries(wanted.filter((name) => Object.hasOwn(whole, name)).map((name) => [name, whole[name]])),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('leaves documents with tagged values and escaped names to the decoder', () => {
    expect(readFields(encodeDocument({ at: new Date(0), revision: 1 }), new Set(['revision']))).toBeUndefined();
    expect(readFields(encodeDocument({ 'a"b': 1, revision: 1 }), new Set(['revision']))).toBeUndefined();
    expect(readFields(encodeDocument({ x: '\\"', y: [{ z: '}"' }], revision: 1 }), new Set(['revision']))).toEqual({
      revision: 1,
    });
  });
});
