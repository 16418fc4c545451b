import type { CustomerView, OrderStatus, OrderView, ProductView, ReadModelDocument } from '@order-flow/contracts';
import type { LiveModel } from '../live/live-model.js';
import type { Gateway, RequestContext } from './context.js';

interface Versioned extends ReadModelDocument {
  readonly version: number;
}

/** Something with an id: as a command just decided it, as the read model has it, or both. */
abstract class Aggregate<T extends Versioned> {
  #view: Promise<T | null> | undefined;

  constructor(
    readonly id: string,
    private readonly known: T | undefined,
    private readonly decidedVersion?: number,
  ) {}

  protected abstract live(gateway: Gateway): LiveModel<T>;

  /** The read model's document, read when first asked for; null while the model is behind. */
  view({ gateway }: RequestContext): Promise<T | null> | T | null {
    return this.known ?? (this.#view ??= this.live(gateway).model.load(this.id));
  }

  async version(context: RequestContext): Promise<number> {
    return this.decidedVersion ?? (await this.view(context))?.version ?? 0;
  }
}

export class OrderNode extends Aggregate<OrderView> {
  constructor(
    id: string,
    view: OrderView | undefined,
    readonly decided?: { readonly status: OrderStatus; readonly version: number },
  ) {
    super(id, view, decided?.version);
  }

  static of = (view: OrderView): OrderNode => new OrderNode(view._id, view);

  async status(context: RequestContext): Promise<OrderStatus> {
    return this.decided?.status ?? (await this.view(context))?.status ?? 'PENDING';
  }

  protected live = ({ orders }: Gateway): LiveModel<OrderView> => orders;
}

export class ProductNode extends Aggregate<ProductView> {
  static of = (view: ProductView): ProductNode => new ProductNode(view._id, view);

  protected live = ({ products }: Gateway): LiveModel<ProductView> => products;
}

export class AccountNode extends Aggregate<CustomerView> {
  static of = (view: CustomerView): AccountNode => new AccountNode(view._id, view);

  protected live = ({ customers }: Gateway): LiveModel<CustomerView> => customers;
}
