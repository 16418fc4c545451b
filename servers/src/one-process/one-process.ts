import type { Daemon } from '../processes/daemon.js';
import type { Say, Variables } from '../server.js';

/** What is asked of a server that is one process. */
export interface OneProcessOptions {
  /** 0 for a free one. */
  readonly port: number;
  /** Absolute. Data, pid file, log. */
  readonly stateDir: string;
  /** Whether earlier data are removed first. */
  readonly fresh: boolean;
}

/** A server that is one process on 127.0.0.1: what is particular to it. */
export interface OneProcess {
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** What `install` fetched or found. */
  version(): Promise<string>;
  /** Unless told otherwise. */
  readonly port: number;
  /** What `--fresh` does, for its help. */
  readonly aboutFresh: string;
  /** Fetches or finds its program. @throws ServerError with the remedy */
  install(say: Say): Promise<void>;
  /** Writes what the process reads when it starts; its directory stands. */
  prepare(directory: string): Promise<void>;
  /** How the process is started, and found again; everything of its own is in the directory. */
  daemon(directory: string, port: number): Daemon;
  /** Whether a client is served. */
  serves(port: number): Promise<boolean>;
  /** The way in. */
  variables(port: number): Variables;
}
