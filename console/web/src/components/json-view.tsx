const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function kindOf([, text, colon, word]: RegExpMatchArray): string {
  if (text) return colon ? 'json-name' : 'json-text';
  return word ? 'json-word' : 'json-number';
}

function* coloured(source: string) {
  let at = 0;
  for (const match of source.matchAll(TOKEN)) {
    if (match.index > at) yield source.slice(at, match.index);
    const colon = match[2] ?? '';
    yield (
      <span key={match.index} class={kindOf(match)}>
        {match[0].slice(0, match[0].length - colon.length)}
      </span>
    );
    yield colon;
    at = match.index + match[0].length;
  }
  yield source.slice(at);
}

/** Pretty JSON. Focusable, so that a long one scrolls by keyboard. */
export const JsonView = ({ value, label }: { value: unknown; label: string }) => (
  <pre class="code" tabIndex={0} aria-label={label}>
    <code>{[...coloured(JSON.stringify(value, null, 2))]}</code>
  </pre>
);
