import type { Ready } from './ready-file.js';

/**
 * What a person sees when the system is ready. The `curl` places an order as the sample customer.
 * @param start how long it took, whether the demo shop was put in, and which stores are real
 */
export function banner(
  { urls, tokens, sample }: Ready,
  start: { readonly milliseconds: number; readonly seeded: boolean; readonly stores: string },
): string {
  const { milliseconds, seeded, stores } = start;
  const query =
    `mutation { placeOrder(input: {items: [{sku: \\"${sample.sku}\\", quantity: 2}]}) ` +
    '{ ... on Order { id status version } ... on Error { code message } } }';
  return `
kafka-order-flow is ready (${(milliseconds / 1000).toFixed(1)} s)${seeded ? ', with the demo shop in its stores' : ''}.

  Shop and topic browser  ${urls.console}/#token=${tokens.operator}
  GraphQL (GraphiQL)      ${urls.gateway}/graphql#token=${tokens.customer}
  Commands (OpenAPI)      ${urls.commands}/docs
  Service registry        ${urls.registry}/#token=${tokens.operator}
  Stores                  ${stores}
  Processors, projections ${urls.processors}/topologies  ${urls.projections}/projections

  Customer token (${sample.accountId}): ${tokens.customer}
  Operator token: ${tokens.operator}

Place an order:

  curl -s ${urls.gateway}/graphql -H 'content-type: application/json' \\
    -H 'authorization: Bearer ${tokens.customer}' \\
    -d '{"query":"${query}"}'

Then read it: the same with {"query":"{ orders(first: 1) { edges { node { id status total { amount currency } } } } }"}

Ctrl-C stops everything cleanly.
`;
}
