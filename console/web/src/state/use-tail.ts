import { useEffect, useRef, useState } from 'preact/hooks';
import type { Message, TailUpdate } from '../../../src/shapes.js';
import { request, RequestFailed } from './api.js';
import { pause } from './pause.js';
import { serverEvents } from './server-events.js';

/** Messages that the page keeps. */
const KEPT = 200;
const RECONNECT_AFTER = 2_000;

export interface Tail {
  /** Newest first. */
  readonly messages: readonly Message[];
  /** Messages that came while paused and wait to be shown. */
  readonly waiting: number;
  /** Left out: the server had more than it could send, or the pause lasted too long. */
  readonly dropped: number;
  readonly connected: boolean;
  readonly error: Error | undefined;
}

const IDLE: Tail = { messages: [], waiting: 0, dropped: 0, connected: false, error: undefined };

interface Held {
  messages: readonly Message[];
  waiting: readonly Message[];
  /** By connections that have ended, and while paused. */
  dropped: number;
  droppedByServer: number;
}

function take(held: Held, update: TailUpdate, paused: boolean): void {
  const arrived = [...update.messages].reverse();
  held.droppedByServer = update.dropped;
  if (!paused) {
    held.messages = [...arrived, ...held.messages].slice(0, KEPT);
    return;
  }
  const waiting = [...arrived, ...held.waiting];
  held.waiting = waiting.slice(0, KEPT);
  held.dropped += waiting.length - held.waiting.length;
}

async function connect(
  address: string,
  signal: AbortSignal,
  onOpen: () => void,
  onUpdate: (update: TailUpdate) => void,
) {
  const response = await request(address, { signal });
  onOpen();
  for await (const { event, data } of serverEvents(response)) {
    if (event === 'messages') onUpdate(JSON.parse(data) as TailUpdate);
  }
}

/**
 * A topic's live tail; it connects again when it is cut off.
 * @param address null while it is off
 */
export function useTail(address: string | null, paused: boolean): Tail {
  const [tail, setTail] = useState(IDLE);
  const isPaused = useRef(paused);
  const held = useRef<Held>({ messages: [], waiting: [], dropped: 0, droppedByServer: 0 });

  const show = (state: Partial<Pick<Tail, 'connected' | 'error'>> = {}): void => {
    const { messages, waiting, dropped, droppedByServer } = held.current;
    setTail((before) => ({
      ...before,
      ...state,
      messages,
      waiting: waiting.length,
      dropped: dropped + droppedByServer,
    }));
  };

  useEffect(() => {
    isPaused.current = paused;
    if (paused) return;
    const { messages, waiting } = held.current;
    held.current.messages = [...waiting, ...messages].slice(0, KEPT);
    held.current.waiting = [];
    show();
  }, [paused]);

  useEffect(() => {
    if (address === null) return undefined;
    const leaving = new AbortController();
    const { signal } = leaving;
    held.current = { messages: [], waiting: [], dropped: 0, droppedByServer: 0 };
    const connectOnce = (): Promise<Error | undefined> =>
      connect(
        address,
        signal,
        () => show({ connected: true, error: undefined }),
        (update) => {
          take(held.current, update, isPaused.current);
          show();
        },
      ).then(
        () => undefined,
        (error: unknown) => error as Error,
      );
    const follow = async (): Promise<void> => {
      for (;;) {
        const error = await connectOnce();
        if (signal.aborted) return;
        held.current.dropped += held.current.droppedByServer;
        held.current.droppedByServer = 0;
        show({ connected: false, error });
        if (error instanceof RequestFailed && error.status >= 400 && error.status < 500) return;
        await pause(RECONNECT_AFTER, signal);
      }
    };
    void follow();
    return () => {
      leaving.abort();
      setTail(IDLE);
    };
  }, [address]);
  return tail;
}
