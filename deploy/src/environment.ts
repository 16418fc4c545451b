import { type Service } from '@order-flow/cluster';
import { ConfigurationError, readSettings, Settings } from '@order-flow/service-kit';
import { serverVariables, services } from './code.js';

export type Environment = Readonly<Record<string, string>>;

/** What is wrong with variables that a program is given: unknown ones, and values that the program would refuse. */
export function environmentFindings(env: Environment): string[] {
  const unknown = Object.keys(env).filter((name) => !(name in Settings.shape));
  return [...unknown.map((name) => `${name} is no setting`), ...refusal(env)];
}

function refusal(env: Environment): string[] {
  try {
    readSettings(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return [error.message];
    throw error;
  }
}

/** A service is to have the way to each server that it needs, and to no other. */
export function serverFindings(service: Service, given: readonly string[]): string[] {
  const needs: readonly string[] = services[service].needs;
  return serverVariables.flatMap((name) => {
    if (needs.includes(name) === given.includes(name)) return [];
    return [needs.includes(name) ? `${name} is missing` : `${name} is given, but not needed`];
  });
}
