import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { defaultWebRoot } from './web-root.js';

const TOKENS = join(defaultWebRoot(), '..', '..', 'console', 'web', 'src', 'styles', 'tokens.css');
type Colour = readonly number[];

const parse = (hex: string): Colour => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const over = (front: Colour, back: Colour, share: number): Colour =>
  front.map((value, index) => value * share + (back[index] ?? 0) * (1 - share));

/** Relative luminance (WCAG 2.2). */
function luminance(colour: Colour): number {
  const [red = 0, green = 0, blue = 0] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrast(a: Colour, b: Colour): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

describe('the colours of the page', () => {
  it('of topics can be read on their tags, wherever those stand, light and dark', async () => {
    const styles = await readFile(TOKENS, 'utf8');
    const colours = [...styles.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)];
    const named = new Map(colours.map(([, name = '', light = '', dark = '']) => [name, [parse(light), parse(dark)]]));
    const topics = [...named].filter(([name]) => name.startsWith('topic-'));
    expect(topics).toHaveLength(7);
    const unreadable = topics.flatMap(([name, text]) =>
      ['ground', 'surface', 'hover', 'sunken', 'accent-soft'].flatMap((ground) =>
        text.flatMap((colour, scheme) => {
          const tag = over(colour, named.get(ground)?.[scheme] ?? [], 0.12);
          const ratio = contrast(colour, tag);
          return ratio < 4.5 ? [`${name} on ${ground}, ${scheme === 0 ? 'light' : 'dark'}: ${ratio.toFixed(2)}`] : [];
        }),
      ),
    );
    expect(unreadable).toEqual([]);
  });
});
