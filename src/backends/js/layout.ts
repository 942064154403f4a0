/** Scratch starts at the next multiple of 16 behind the saved bytes. */
export const align16 = (bytes: number): number => Math.ceil(bytes / 16) * 16;
