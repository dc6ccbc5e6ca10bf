/** What a file's log tells of checkpoints, for readers: a session that writes does not wait for them. */
import { OK, lastError } from "../status";
import { LogFile, FRAMES_START, FRAME_IMAGES_END, MAX_PAYLOAD_BYTES } from "./log-file";

/** What `checkpointState` is when the log can't be read; the reason is in `lastError`. */
export const NO_STATE: u64 = u64.MAX_VALUE;

/**
 * A number that stays as it is while the page file `path` does: the log's generation, and whether images of a checkpoint are in it,
 * which are synced before the page file is written. When it is the same before and after pages were read, no checkpoint wrote in
 * between, or only one whose images were replayed over what was read. 0 without a log.
 */
export function checkpointState(path: string): u64 {
  const log = LogFile.open(path, false);
  if (!log) return lastError.status == OK ? 0 : NO_STATE;
  const buffer = heap.alloc(MAX_PAYLOAD_BYTES);
  let state = (<u64>log.generation) << 1;
  let offset = log.generation == 0 ? 0 : FRAMES_START;
  while (offset > 1) {
    offset = log.readFrame(offset, buffer);
    if (offset == 1) state = NO_STATE;
    else if (offset != 0 && log.kind == FRAME_IMAGES_END) {
      state |= 1;
      break;
    }
  }
  heap.free(buffer);
  // The frames are those of the header that was read only if it still counts.
  const generation = log.generation;
  if (state != NO_STATE && (log.readHeaders() != OK || log.generation != generation)) state = (<u64>log.generation) << 1;
  log.close();
  return state;
}
