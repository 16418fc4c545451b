import { join } from 'node:path';
import { requireProgram } from './program.js';

const remedy = 'on Debian and Ubuntu: apt-get install openjdk-17-jre-headless maven';

/** A program of the Java installation: `JAVA_HOME`'s, or the one on the path. */
export const javaTool = (name: 'java' | 'keytool'): string => {
  const home = process.env['JAVA_HOME'];
  return home ? join(home, 'bin', name) : name;
};

/** @throws ServerError with the remedy */
export const requireJava = (): Promise<void> =>
  requireProgram({ command: javaTool('java'), versionArgument: '-version', atLeast: 17, remedy });

/** @throws ServerError with the remedy */
export const requireMaven = (): Promise<void> =>
  requireProgram({ command: 'mvn', versionArgument: '--version', atLeast: 3, remedy });
