import { Empty } from '../components/states.js';

export const NotFoundPage = ({ children }: { children: string }) => (
  <main class="page">
    <Empty title="Nothing here">{children}</Empty>
  </main>
);
