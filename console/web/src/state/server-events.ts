export interface ServerEvent {
  readonly event: string;
  readonly data: string;
  /** What the server wants back when the stream goes on after a cut. */
  readonly id: string | undefined;
}

function parse(block: string): ServerEvent | undefined {
  let event = 'message';
  const data: string[] = [];
  let id: string | undefined;
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) event = line.slice(6).trim();
    else if (line.startsWith('id:')) id = line.slice(3).trim();
    else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
  }
  return data.length > 0 || event !== 'message' || id !== undefined ? { event, data: data.join('\n'), id } : undefined;
}

/** Blocks of text between empty lines, as they come. */
async function* blocksOf(reader: ReadableStreamDefaultReader<string>): AsyncGenerator<string, void, undefined> {
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (text + value).replaceAll('\r\n', '\n').split('\n\n');
    text = blocks.pop() ?? '';
    yield* blocks;
  }
}

/**
 * The server-sent events of an answer (WHATWG HTML, section 9.2), without its retries; also those that tell an id only.
 * `EventSource` would do, but it cannot carry a token.
 */
export async function* serverEvents(response: Response): AsyncGenerator<ServerEvent, void, undefined> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  try {
    for await (const block of blocksOf(reader)) {
      const event = parse(block);
      if (event) yield event;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
