import type { Command } from 'commander';

/** A value of an environment variable; a secret is named by the file (mode 0600) that holds it. */
export type Value = string | { readonly file: string };

/** Environment variables that make the platform use a server. */
export type Variables = Readonly<Record<string, Value>>;

/** One way into a running server. */
export interface Endpoint {
  readonly name: string;
  readonly variables: Variables;
}

/** One process of a server. */
export interface Part {
  readonly name: string;
  readonly pid: number | undefined;
  readonly port: number;
  readonly state: 'ready' | 'not ready' | 'paused' | 'stopped';
  readonly version: string;
  readonly directory: string;
}

export interface Status {
  readonly parts: readonly Part[];
  /** Whether it was brought up and not down since: then every part has to be ready. */
  readonly wanted: boolean;
}

/** Told what is being done, a line each. */
export type Say = (message: string) => void;

/** A real server of the project's, run on this machine for development and tests. */
export interface Server<UpOptions> {
  readonly name: string;
  /** Where its data, pid files and logs are kept unless told otherwise. */
  readonly stateDirectory: string;
  /** Adds the flags that `up` has for this server. */
  declare(command: Command): Command;
  /** Fetches its program once. @throws ServerError */
  install(options: UpOptions, say: Say): Promise<void>;
  /** Installs, starts and waits until clients are served; what runs already stays. @throws ServerError */
  up(options: UpOptions, say: Say): Promise<readonly Endpoint[]>;
  /** Stops what `up` started in that directory and keeps the data. @throws ServerError */
  down(stateDirectory: string, say: Say): Promise<void>;
  status(stateDirectory: string): Promise<Status>;
}

/** A server whose options only it knows: they come from the flags that it declares. */
export type AnyServer = Server<never>;

/** Something that the person who called can put right; the message says how. */
export class ServerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ServerError';
  }
}
