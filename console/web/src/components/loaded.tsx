import type { ComponentChildren } from 'preact';
import type { Resource } from '../state/resource.js';
import { Failure, Skeleton } from './states.js';

interface LoadedProps<T> {
  readonly resource: Resource<T>;
  /** `Topics could not be read` */
  readonly failure: string;
  /** `Loading topics` */
  readonly loading: string;
  /** Of the skeleton. */
  readonly rows: number;
  readonly tall?: boolean;
  readonly children: (value: T) => ComponentChildren;
}

/** What was loaded; until then its shape, or what went wrong and a way to try again. */
export function Loaded<T>({ resource, failure, loading, rows, tall = false, children }: LoadedProps<T>) {
  const { value, error, reload } = resource;
  if (error) return <Failure title={failure} error={error} retry={reload} />;
  if (value === undefined) return <Skeleton rows={rows} label={loading} tall={tall} />;
  return <>{children(value)}</>;
}
