import { FOR_OPERATORS } from '@order-flow/service-kit';
import { products } from '../app/aggregates.js';
import { handle } from '../app/handle.js';
import { answering, type Api, type ApiContext, commandContext } from './request.js';
import {
  AddProductBody,
  ChangePriceBody,
  DecidedProduct,
  IdempotencyHeaders,
  Problems,
  SkuPath,
  StockBody,
} from './schemas.js';

const tags = ['products'];
const headers = IdempotencyHeaders;

export function productRoutes(api: Api, { store }: ApiContext): void {
  const decided = <Status extends 200 | 201>(status: Status) =>
    ({ [status]: DecidedProduct, ...Problems }) as Record<Status, typeof DecidedProduct> & typeof Problems;

  api.post(
    '/api/products',
    {
      ...FOR_OPERATORS,
      schema: { tags, summary: 'Add a product', headers, body: AddProductBody, response: decided(201) },
    },
    async (request, reply) => {
      const { sku } = request.body;
      const command = commandContext(request, 'addProduct', request.body);
      const body = request.body;
      const { version } = await answering(() =>
        handle(store, products, sku, command, () => ({ type: 'AddProduct' as const, ...body })),
      );
      return reply.status(201).send({ sku, version });
    },
  );

  api.post(
    '/api/products/:sku/price',
    {
      ...FOR_OPERATORS,
      schema: {
        tags,
        summary: 'Change a price',
        params: SkuPath,
        headers,
        body: ChangePriceBody,
        response: decided(200),
      },
    },
    async (request) => {
      const { sku } = request.params;
      const { price } = request.body;
      const command = commandContext(request, 'changePrice', { sku, price });
      const { version } = await answering(() =>
        handle(store, products, sku, command, () => ({ type: 'ChangePrice' as const, sku, price })),
      );
      return { sku, version };
    },
  );

  api.post(
    '/api/products/:sku/stock',
    {
      ...FOR_OPERATORS,
      schema: {
        tags,
        summary: 'Receive goods, or adjust after a count',
        params: SkuPath,
        headers,
        body: StockBody,
        response: decided(200),
      },
    },
    async (request) => {
      const { sku } = request.params;
      const { body } = request;
      const command = commandContext(request, 'moveStock', { sku, ...body });
      const make = () =>
        'quantity' in body
          ? { type: 'ReceiveStock' as const, sku, quantity: body.quantity }
          : { type: 'AdjustStock' as const, sku, delta: body.delta, reason: body.reason };
      const { version } = await answering(() => handle(store, products, sku, command, make));
      return { sku, version };
    },
  );

  api.post(
    '/api/products/:sku/discontinue',
    {
      ...FOR_OPERATORS,
      schema: { tags, summary: 'Stop selling a product', params: SkuPath, headers, response: decided(200) },
    },
    async (request) => {
      const { sku } = request.params;
      const command = commandContext(request, 'discontinueProduct', { sku });
      const { version } = await answering(() =>
        handle(store, products, sku, command, () => ({ type: 'DiscontinueProduct' as const, sku })),
      );
      return { sku, version };
    },
  );
}
