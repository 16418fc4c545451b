import { describe, expect, it } from '@jest/globals';
import { topicKind } from './topic-kind.js';

describe('topicKind', () => {
  it.each([
    ['order.events', 'events'],
    ['order.commands', 'commands'],
    ['payment.dlq', 'dead-letters'],
    ['payment.balances.changelog', 'internal'],
    ['bridge.checkpoint', 'internal'],
  ])('%s holds %s', (name, kind) => expect(topicKind(name)).toBe(kind));
});
