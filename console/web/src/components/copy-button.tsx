import { useEffect, useState } from 'preact/hooks';
import { Icon } from './icon.js';

/** Rejects where the browser has no clipboard either: without TLS it has one on this machine's own addresses only. */
const toClipboard = async (text: string): Promise<void> => navigator.clipboard.writeText(text);

/** Copies text; says so for a moment. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [outcome, setOutcome] = useState<'copied' | 'refused' | null>(null);
  useEffect(() => {
    if (outcome === null) return undefined;
    const timer = setTimeout(() => setOutcome(null), 2_000);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = (): void => {
    toClipboard(text).then(
      () => setOutcome('copied'),
      () => setOutcome('refused'),
    );
  };
  const words = { copied: 'Copied', refused: 'Not allowed' };
  return (
    <button class="button quiet small" type="button" onClick={copy} aria-live="polite">
      <Icon name={outcome === 'copied' ? 'check' : 'copy'} size={15} /> {outcome ? words[outcome] : label}
    </button>
  );
}
