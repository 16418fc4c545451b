import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { jarProject } from '../processes/install-jars.js';
import { brokerArtifacts, installKafka, jarDirectory } from './install.js';

describe('the installation', () => {
  it('takes the broker and what its line logs through, each of one version', () => {
    expect(jarProject(brokerArtifacts('4.3.1'))).toMatch(/kafka_2\.13<\/artifactId><version>4\.3\.1</);
    expect(jarProject(brokerArtifacts('4.3.1'))).toContain('log4j-slf4j-impl');
    expect(jarProject(brokerArtifacts('3.9.2'))).toContain('slf4j-reload4j');
  });

  it('does nothing when the jars are in the cache', async () => {
    const cache = await mkdtemp(join(tmpdir(), 'kafka-cache-'));
    const said: string[] = [];
    try {
      await mkdir(jarDirectory('4.3.1', cache));
      await installKafka('4.3.1', (message) => said.push(message), cache);
      expect(said).toEqual([]);
    } finally {
      await rm(cache, { recursive: true });
    }
  });
});
