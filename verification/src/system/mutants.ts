import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Service } from '@order-flow/cluster';

/** A service made wrong on purpose: the audit has to notice. */
export interface Mutant {
  readonly name: string;
  readonly service: Service;
  /** The program that takes the service's place. */
  readonly program: readonly string[];
  /** How often it is killed under load. */
  readonly kills: number;
}

const programOf = (service: Service): readonly string[] => {
  const here = dirname(fileURLToPath(import.meta.url));
  return ['--import', 'tsx', join(here, 'mutants', `${service}.ts`)];
};

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a bridge without its transaction',
    service: 'command-service',
    program: programOf('command-service'),
    kills: 4,
  },
  { name: 'a projection without its guards', service: 'projections', program: programOf('projections'), kills: 3 },
];
