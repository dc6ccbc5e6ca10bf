/** Random numbers, for what must differ between sessions; nothing of them reaches the page file. */
import { random_get } from "./calls";

// @ts-ignore: decorator
@lazy
const scratch: usize = heap.alloc(8);

/** 64 random bits. */
export function randomU64(): u64 {
  store<u64>(scratch, 0);
  random_get(scratch, 8);
  return load<u64>(scratch);
}
