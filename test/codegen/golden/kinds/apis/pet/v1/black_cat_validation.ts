/** Bad luck is refused. */
export function validateBlackCatSpecLuck(): readonly never[] {
  return [];
}

/** Every cat is fine. */
export const validateBlackCat = (): readonly never[] => [];
