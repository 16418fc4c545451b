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
  /** Refused, so that it does not connect again. */
  readonly ended: boolean;
}

const IDLE: Tail = { messages: [], waiting: 0, dropped: 0, connected: false, error: undefined, ended: false };

interface Held {
  messages: readonly Message[];
  waiting: readonly Message[];
  /** By connections that have ended, and while paused. */
  dropped: number;
  droppedByServer: number;
  /** How far the stream has come; undefined before it was connected. */
  position: string | undefined;
}

const NOTHING: Held = { messages: [], waiting: [], dropped: 0, droppedByServer: 0, position: undefined };

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
  held: Held,
  onOpen: () => void,
  onUpdate: (update: TailUpdate) => void,
) {
  const response = await request(address, {
    signal,
    headers: held.position === undefined ? {} : { 'last-event-id': held.position },
  });
  onOpen();
  for await (const { event, data, id } of serverEvents(response)) {
    if (event === 'messages') onUpdate(JSON.parse(data) as TailUpdate);
    held.position = id ?? held.position;
  }
}

/**
 * A topic's live tail; when it is cut off, it connects again and goes on where it was.
 * @param address null while it is off
 */
export function useTail(address: string | null, paused: boolean): Tail {
  const [tail, setTail] = useState(IDLE);
  const isPaused = useRef(paused);
  const held = useRef<Held>({ ...NOTHING });

  const show = (state: Partial<Pick<Tail, 'connected' | 'error' | 'ended'>> = {}): void => {
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
    held.current = { ...NOTHING };
    const connectOnce = (): Promise<Error | undefined> =>
      connect(
        address,
        signal,
        held.current,
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
        const ended = error instanceof RequestFailed && error.status >= 400 && error.status < 500;
        show({ connected: false, error, ended });
        if (ended) return;
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
