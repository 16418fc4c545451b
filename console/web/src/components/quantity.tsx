import { MAX_QUANTITY } from '../state/cart.js';
import { Icon } from './icon.js';

interface QuantityProps {
  readonly name: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

/** One fewer, a number, one more. */
export const Quantity = ({ name, value, onChange }: QuantityProps) => (
  <div class="quantity" role="group" aria-label={`Quantity of ${name}`}>
    <button type="button" aria-label={`One ${name} fewer`} onClick={() => onChange(value - 1)}>
      <Icon name="minus" size={15} />
    </button>
    <input
      type="number"
      inputMode="numeric"
      min={0}
      max={MAX_QUANTITY}
      step={1}
      value={value}
      aria-label={`Quantity of ${name}`}
      onChange={(event) => onChange(Math.round(Number(event.currentTarget.value)) || 0)}
    />
    <button type="button" aria-label={`One ${name} more`} onClick={() => onChange(value + 1)}>
      <Icon name="plus" size={15} />
    </button>
  </div>
);
