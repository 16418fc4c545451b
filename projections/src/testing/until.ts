/** Resolves when the condition holds. @throws Error when it does not within `withinMs` */
export async function until(condition: () => Promise<boolean>, withinMs = 15_000): Promise<void> {
  for (const deadline = Date.now() + withinMs; !(await condition());) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
