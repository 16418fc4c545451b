import { describe, expect, it } from '@jest/globals';
import { withHostname } from './advertised-url.js';

describe('the address that others reach a service under', () => {
  it('has the name of the machine where it says so', () => {
    expect(withHostname('http://{hostname}:8081', '4f6d2c1b9a3e')).toBe('http://4f6d2c1b9a3e:8081');
    expect(withHostname('https://{hostname}.orders:8081', 'shop-$&-1')).toBe('https://shop-$&-1.orders:8081');
  });

  it('stays as it is otherwise', () => {
    expect(withHostname('http://10.1.2.3:8081', 'a')).toBe('http://10.1.2.3:8081');
  });
});
