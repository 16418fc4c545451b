import { useState } from 'preact/hooks';
import { keepToken, notice } from '../state/token.js';

export function SignInPage() {
  const [text, setText] = useState('');
  const given = text.trim().replace(/^Bearer\s+/i, '');
  return (
    <main class="page narrow">
      <form
        class="card sign-in"
        onSubmit={(event) => {
          event.preventDefault();
          if (given) keepToken(given);
        }}
      >
        <h1>Sign in</h1>
        <p class="muted">
          Paste the operator’s or a customer’s token. The terminal printed both when the system started. It is kept in
          this tab only.
        </p>
        {notice.value && (
          <p class="notice bad" role="alert">
            {notice.value}
          </p>
        )}
        <label class="field">
          <span>Token</span>
          <input
            type="password"
            class="mono"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
            autocomplete="off"
            spellcheck={false}
            placeholder="eyJhbGciOiJFZERTQSJ9…"
            autofocus
          />
        </label>
        <button class="button primary" type="submit" disabled={!given}>
          Sign in
        </button>
      </form>
    </main>
  );
}
