import { EventStoreError } from '../port.js';

const SHAPE = /^esdb(?:\+discover)?:\/\/(?:[^@/?]*@)?([^@/?\s]+)\/?(?:\?(.*))?$/;

/** The options of a connection string that mean something here; the client would print the others with the whole string. */
const OPTIONS = new Set([
  'tls',
  'tlscafile',
  'usercertfile',
  'userkeyfile',
  'connectionname',
  'maxdiscoverattempts',
  'discoveryinterval',
  'gossiptimeout',
  'nodepreference',
  'defaultdeadline',
  'keepaliveinterval',
  'keepalivetimeout',
]);

/**
 * What may be said of a connection string: its hosts, never its credentials.
 * @throws EventStoreError STORE_REFUSED for what is no connection string, without repeating it
 */
export function serverOf(url: string): string {
  const [, hosts, query = ''] = SHAPE.exec(url.trim()) ?? [];
  if (hosts === undefined) {
    throw misconfigured('it is no connection string of EventStoreDB: esdb://[user:password@]host:port[?tls=false] is');
  }
  for (const name of query.split('&').map((option) => option.split('=', 1)[0] ?? '')) {
    const known = name === '' || OPTIONS.has(name.toLowerCase().replace(/[_-]/g, ''));
    if (!known)
      throw misconfigured(`its option ${JSON.stringify(name)} is unknown; there are ${[...OPTIONS].join(', ')}`);
  }
  return hosts;
}

export function misconfigured(finding: string): EventStoreError {
  return new EventStoreError('STORE_REFUSED', `EVENT_STORE_URL: ${finding}`);
}
