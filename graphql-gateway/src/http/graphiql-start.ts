/** Stands in GraphiQL's headers as long as the page was given no token. */
export const NO_TOKEN = '<paste token>';

const RENDER = 'YogaGraphiQL.renderYogaGraphiQL(';

/**
 * Runs in the page, right before GraphiQL does. A token is taken from the fragment of the address, which is not sent
 * anywhere, and kept for the tab's session. GraphiQL keeps its tabs in the browser's storage, and adds one without a name
 * on each load unless it is told which of them to show.
 */
const SCRIPT = `
        const fromAddress = new URLSearchParams(location.hash.slice(1)).get('token');
        if (fromAddress) {
          sessionStorage.setItem('token', fromAddress);
          history.replaceState(null, '', location.pathname + location.search);
        }
        const token = sessionStorage.getItem('token');
        const withToken = (options) =>
          token ? JSON.parse(JSON.stringify(options).replaceAll('${NO_TOKEN}', () => token)) : options;
        const shownLast = () => {
          try {
            const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem('graphiql:tabState'));
            const { query, variables } = tabs[activeTabIndex];
            return { query: query ?? '', variables: variables ?? '' };
          } catch {
            return {};
          }
        };
        const asked = new URLSearchParams(location.search).has('query');
        const begin = (root, options) =>
          YogaGraphiQL.renderYogaGraphiQL(root, { ...withToken(options), ...(asked ? {} : shownLast()) });
        begin(`;

/**
 * GraphiQL's page with what comes before GraphiQL begins.
 * @throws Error when the page is made otherwise than it was when this was written
 */
export function beginning(page: string): string {
  const at = page.lastIndexOf(RENDER);
  if (at < 0) throw new Error('GraphiQL begins in a way that is not known; its version is pinned by the lock file');
  return page.slice(0, at) + SCRIPT + page.slice(at + RENDER.length);
}
