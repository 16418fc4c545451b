import { whole } from '@order-flow/service-kit/flags';
import { InvalidArgumentError } from 'commander';

const LARGEST_PORT = 65_535;

/** Parses a flag's value as a port, or 0 for a free one; further ones up to `span` above it have to exist. */
export const port =
  (span = 0) =>
  (text: string): number => {
    const value = whole(0, LARGEST_PORT - span)(text);
    if (value === 0 || value >= 1_024) return value;
    throw new InvalidArgumentError('a port from 1024 on is needed, or 0 for free ones.');
  };
