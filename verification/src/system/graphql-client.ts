import { createClient } from 'graphql-sse';

interface Answer<Data> {
  readonly data?: Data;
  readonly errors?: readonly { readonly message: string }[];
}

const PLACE = `mutation ($sku: ID!, $quantity: Int!) {
  placeOrder(input: {items: [{sku: $sku, quantity: $quantity}]}) { ... on Order { id } ... on Error { code message } }
}`;
const WATCH = 'subscription ($id: ID!) { orderChanged(id: $id) { status } }';

/** A customer of one gateway. */
export class GraphqlClient {
  constructor(
    readonly url: string,
    private readonly token: string,
  ) {}

  async place(sku: string, quantity: number): Promise<string> {
    const { placeOrder } = await this.#ask<{ placeOrder: { id?: string } }>(PLACE, { sku, quantity });
    if (placeOrder.id) return placeOrder.id;
    throw new Error(JSON.stringify(placeOrder));
  }

  async statusOf(id: string): Promise<string | undefined> {
    const { order } = await this.#ask<{ order: { status: string } | null }>(
      'query ($id: ID!) { order(id: $id) { status } }',
      { id },
    );
    return order?.status;
  }

  /** Every status that a subscriber sees, up to the one waited for. */
  async watchUntil(id: string, last: string): Promise<string[]> {
    const client = createClient({ url: `${this.url}/graphql`, headers: { authorization: `Bearer ${this.token}` } });
    const seen: string[] = [];
    try {
      for await (const { data } of client.iterate<{ orderChanged: { status: string } }>({
        query: WATCH,
        variables: { id },
      })) {
        if (data) seen.push(data.orderChanged.status);
        if (seen.at(-1) === last) break;
      }
      return seen;
    } finally {
      client.dispose();
    }
  }

  async #ask<Data>(query: string, variables: object): Promise<Data> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.token}` },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as Answer<Data>;
    if (data) return data;
    throw new Error(errors?.map(({ message }) => message).join('; ') ?? `answered ${response.status}`);
  }
}
