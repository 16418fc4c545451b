import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { z } from 'zod';

const Answer = z.looseObject({
  data: z.unknown().optional(),
  errors: z
    .array(
      z.looseObject({ message: z.string(), extensions: z.looseObject({ code: z.string().optional() }).optional() }),
    )
    .optional(),
});

/** The gateway refused a request as such; `code` is the error's, or `HTTP_<status>`. */
export class GatewayError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'GatewayError';
  }
}

/** The code of a failure that lies with the gateway or the way to it; undefined for any other error. */
export function whyUnanswered(error: unknown): string | undefined {
  if (error instanceof GatewayError) return error.code;
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^(E[A-Z]+|UND_ERR_[A-Z_]+)$/.test(code) ? code : undefined;
}

export interface GatewayClientOptions {
  /** Kept open; requests beyond wait. */
  readonly connections: number;
  /** Told of each wait that the gateway's rate limit demands. */
  readonly onRateLimit?: (seconds: number) => void;
}

/** GraphQL over HTTP as one caller, on connections that are kept open. */
export class GatewayClient {
  readonly #pool: Pool;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(
    readonly url: string,
    readonly token: string,
    private readonly options: GatewayClientOptions,
  ) {
    this.#pool = new Pool(url, { connections: options.connections });
    this.#headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  }

  /**
   * Runs one operation; waits and sends it again when the caller's rate limit says so.
   * @throws GatewayError; the connection's own errors
   */
  async execute<Schema extends z.ZodType>(
    schema: Schema,
    query: string,
    variables: object = {},
    signal?: AbortSignal,
  ): Promise<z.infer<Schema>> {
    const body = JSON.stringify({ query, variables });
    for (;;) {
      const request = { path: '/graphql', method: 'POST', headers: this.#headers, body } as const;
      const response = await this.#pool.request(request);
      if (response.statusCode !== 429) return schema.parse(dataOf(response.statusCode, await response.body.text()));
      await response.body.dump();
      const seconds = Math.max(1, Number(response.headers['retry-after']) || 1);
      this.options.onRateLimit?.(seconds);
      await delay(seconds * 1_000, undefined, signal ? { signal } : {});
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

function dataOf(status: number, text: string): unknown {
  const answer = Answer.safeParse(parsed(text));
  const error = answer.data?.errors?.[0];
  if (error) throw new GatewayError(error.extensions?.code ?? `HTTP_${status}`, error.message);
  if (!answer.success || status !== 200) throw new GatewayError(`HTTP_${status}`, text.slice(0, 200));
  return answer.data.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
