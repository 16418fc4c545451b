import { expect, it } from '@jest/globals';
import { serviceUrl, timeSpan, whole } from './flags.js';

it.each(['0', '7', ' 50 '])('a flag that is a whole number between bounds: "%s"', (text) => {
  expect(whole(0, 50)(text)).toBe(Number(text));
});

it.each(['', ' ', '-1', '51', '1.5', 'seven', 'Infinity'])('one that is none: "%s"', (text) => {
  expect(() => whole(0, 50)(text)).toThrow('a whole number from 0 to 50 is needed.');
});

it.each(['90s', '12h', '30d', '2w', '1y'])('a flag that is a length of time: "%s"', (text) => {
  expect(timeSpan(text)).toBe(text);
});

it.each(['', '12', 'h', '0h', '-1h', '1.5h', 'nonsense'])('one that is none: "%s"', (text) => {
  expect(() => timeSpan(text)).toThrow('a whole number with s, m, h, d, w or y is needed');
});

it.each([
  ['http://127.0.0.1:8081', 'http://127.0.0.1:8081'],
  ['https://shop.example/commands/', 'https://shop.example/commands'],
])('a flag that is the address of a service: "%s"', (text, url) => {
  expect(serviceUrl(text)).toBe(url);
});

it.each(['', 'nonsense', 'localhost:8081', 'ftp://localhost', 'http://', 'http://localhost?a=b'])(
  'one that is none: "%s"',
  (text) => expect(() => serviceUrl(text)).toThrow('an address is needed, such as http://127.0.0.1:8081.'),
);
