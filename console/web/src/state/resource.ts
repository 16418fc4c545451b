import { useCallback, useEffect, useState } from 'preact/hooks';

export interface Resource<T> {
  /** The last value of the same question, also while it is asked again. */
  readonly value: T | undefined;
  readonly error: Error | undefined;
  readonly loading: boolean;
  readonly reload: () => void;
}

interface Loaded<T> {
  readonly question: string;
  readonly value?: T;
  readonly error?: Error;
}

/**
 * Loads what `question` names, again when it changes, and leaves a load that nobody waits for.
 * @param question null asks for nothing
 */
export function useResource<T>(
  question: string | null,
  load: (question: string, signal: AbortSignal) => Promise<T>,
): Resource<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>();
  const [round, setRound] = useState(0);
  const [pending, setPending] = useState(false);
  useEffect(() => {
    if (question === null) return undefined;
    const leaving = new AbortController();
    setPending(true);
    load(question, leaving.signal).then(
      (value) => {
        if (leaving.signal.aborted) return;
        setLoaded({ question, value });
        setPending(false);
      },
      (error: unknown) => {
        if (leaving.signal.aborted) return;
        setLoaded((before) => ({ ...(before?.question === question ? before : {}), question, error: error as Error }));
        setPending(false);
      },
    );
    return () => leaving.abort();
  }, [question, round]);
  const reload = useCallback(() => setRound((count) => count + 1), []);
  const current = loaded?.question === question ? loaded : undefined;
  return { value: current?.value, error: current?.error, loading: pending || (question !== null && !current), reload };
}
