import { Header } from './components/header.js';
import { Failure, Skeleton } from './components/states.js';
import { NotFoundPage } from './pages/not-found-page.js';
import { OrdersPage } from './pages/orders-page.js';
import { ShopPage } from './pages/shop-page.js';
import { SignInPage } from './pages/sign-in-page.js';
import { TimelinePage } from './pages/timeline-page.js';
import { TopicPage } from './pages/topic-page.js';
import { TopicsPage } from './pages/topics-page.js';
import { route } from './state/route.js';
import { checkToken, isOperator, session } from './state/session.js';

function Topics({ topic }: { topic: string | undefined }) {
  if (!isOperator.value) return <NotFoundPage>Topics hold everybody’s data: they are for operators.</NotFoundPage>;
  return topic === undefined ? <TopicsPage /> : <TopicPage key={topic} topic={topic} />;
}

function View() {
  const [view, id] = route.value.path;
  switch (view) {
    case undefined:
      return isOperator.value ? <TopicsPage /> : <ShopPage />;
    case 'shop':
      return <ShopPage />;
    case 'orders':
      return id === undefined ? <OrdersPage /> : <TimelinePage key={id} orderId={id} />;
    case 'topics':
      return <Topics topic={id} />;
    default:
      return <NotFoundPage>The address names no view of this console.</NotFoundPage>;
  }
}

function Content() {
  const current = session.value;
  switch (current.state) {
    case 'signed-out':
      return <SignInPage />;
    case 'checking':
      return (
        <main class="page">
          <Skeleton rows={4} label="Signing in" />
        </main>
      );
    case 'failed':
      return (
        <main class="page">
          <Failure title="Sign-in could not be checked" error={current.error} retry={() => void checkToken()} />
        </main>
      );
    case 'signed-in':
      return <View />;
  }
}

export const App = () => (
  <>
    <Header />
    <Content />
  </>
);
