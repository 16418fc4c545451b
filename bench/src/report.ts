import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { FIGURE_COLUMNS, type Figure, figureRow } from './figure.js';
import { markdownTable } from './text-table.js';

const BEGIN = '<!-- figures: written by npm run bench -- --write -->';
const END = '<!-- end of figures -->';

/** Figures with date and machine, as the document's generated part. */
function figuresSection(figures: readonly Figure[], now: Date): string {
  const processors = cpus();
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return [
    BEGIN,
    '',
    `Measured on ${now.toISOString().slice(0, 10)} with Node ${process.versions.node} on ${process.platform} ${process.arch}: ` +
      `${processors.length} cores (${processors[0]?.model.trim() ?? 'of an unknown kind'}), ${gigabytes} GB of memory. ` +
      'The load is made by another process on the same cores.',
    '',
    markdownTable(FIGURE_COLUMNS, figures.map(figureRow)),
    '',
    END,
  ].join('\n');
}

/** Replaces the figures in a document and leaves what people wrote around them. */
export async function writeFigures(file: string, figures: readonly Figure[], now: Date): Promise<void> {
  const text = await readFile(file, 'utf8');
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${file} has no place for figures between "${BEGIN}" and "${END}"`);
  await writeFile(file, text.slice(0, begin) + figuresSection(figures, now) + text.slice(end + END.length));
}
