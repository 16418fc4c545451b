import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { causeOf, DiskRoom, isWriteFailure, writeFinding } from './write-failure.js';

const MB = 1024 * 1024;

describe('the room on a disk', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is demanded before it is used up, and found again when there is some', () => {
    const disk = { free: 100 * MB, looks: 0 };
    const room = new DiskRoom('/data', () => {
      disk.looks += 1;
      return disk.free;
    });
    for (let write = 0; write < 1_000; write++) room.demand();
    expect(disk.looks).toBe(1);
    disk.free = 31.5 * MB;
    jest.advanceTimersByTime(60);
    expect(() => room.demand()).toThrow('its disk is full (31 MB free): make room, 32 MB at least');
    disk.free = 32 * MB;
    jest.advanceTimersByTime(60);
    room.demand();
  });

  it('is told once as what kept something from being written', () => {
    const room = new DiskRoom('/data', () => 0);
    let refused: unknown;
    try {
      room.demand();
    } catch (error) {
      refused = error;
    }
    expect(isWriteFailure(refused)).toBe(true);
    expect(writeFinding(tmpdir(), refused)).toBe('its disk is full (0 MB free): make room, 32 MB at least');
  });

  it('is the disk that a real directory lies on', () => {
    new DiskRoom(tmpdir()).demand();
    new DiskRoom('/no/such/directory').demand();
  });
});

describe('a failed commit', () => {
  const failed = (commitError: Promise<never>): Error =>
    Object.assign(new Error('Commit failed (see commitError for details)'), { commitError });

  it('is told by its reason, which may come later', async () => {
    const reason = Promise.reject(new Error('Input/output error\nand more'));
    const error = failed(reason);
    expect(isWriteFailure(error)).toBe(true);
    expect(writeFinding(tmpdir(), await causeOf(error))).toBe('Input/output error');
  });

  it('is told by itself where no reason follows', async () => {
    const error = failed(new Promise(() => undefined));
    expect(await causeOf(error)).toBe(error);
  });

  it('is not what was thrown within the transaction', () => {
    expect(isWriteFailure(new Error('E11000 duplicate key'))).toBe(false);
  });
});
