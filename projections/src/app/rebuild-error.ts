/** A rebuild that cannot go on. The message names the remedy. */
export class RebuildError extends Error {
  constructor(
    readonly code:
      | 'REBUILD_RUNNING'
      | 'ALIAS_CHANGED'
      | 'NO_PREVIOUS'
      | 'PREVIOUS_BEHIND'
      | 'INCOMPLETE'
      | 'CANCELLED'
      | 'LEASE_LOST',
    message: string,
  ) {
    super(message);
    this.name = 'RebuildError';
  }
}
