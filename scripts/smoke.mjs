// Places an order with what `npm start -- --ready-file FILE` wrote, and waits until it is CONFIRMED.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const { urls, tokens, sample } = JSON.parse(readFileSync(process.argv[2], 'utf8'));

async function graphql(query) {
  const response = await fetch(`${urls.gateway}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens.customer}` },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

const { placeOrder } = await graphql(
  `mutation { placeOrder(input: {items: [{sku: "${sample.sku}", quantity: 2}]}) {
    ... on Order { id status version } ... on Error { code message } } }`,
);
if (!placeOrder.id) throw new Error(JSON.stringify(placeOrder));
const deadline = Date.now() + 10_000;
for (;;) {
  const { order } = await graphql(`{ order(id: "${placeOrder.id}") { status total { amount currency } } }`);
  if (order?.status === 'CONFIRMED') {
    console.log(`Order ${placeOrder.id} is CONFIRMED: ${order.total.amount / 100} ${order.total.currency}`);
    break;
  }
  if (Date.now() > deadline) throw new Error(`not confirmed within 10 s: ${JSON.stringify(order)}`);
  await delay(20);
}
