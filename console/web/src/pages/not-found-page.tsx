export const NotFoundPage = ({ children }: { children: string }) => (
  <main class="page">
    <header class="page-head">
      <div>
        <h1>Nothing here</h1>
        <p class="muted">{children}</p>
      </div>
    </header>
  </main>
);
