/**
 * What a frame of the log begins with (docs/log.md), as it stands there:
 *
 *   | len u32 | kind u32 | sequence u64 | xxh3 u64 |
 */

export const FRAME_CHUNK: u32 = 1;
export const FRAME_COMMIT: u32 = 2;
export const FRAME_IMAGE: u32 = 3;
export const FRAME_IMAGES_END: u32 = 4;

/** Bytes before a frame's payload. */
export const FRAME_HEADER: u32 = 24;
/** The longest payload that is written or believed. */
export const MAX_PAYLOAD_BYTES: u32 = 4 << 20;

/** Bytes of a frame with a payload of `len` bytes: they are padded to 8. */
@inline
export function frameSize(len: u32): u32 {
  return FRAME_HEADER + ((len + 7) & ~7);
}


@unmanaged
export class FrameHeader {
  /** Bytes of the payload. */
  len: u32;
  /** One of the `FRAME_…`. */
  kind: u32;
  /** The number of its transaction. */
  sequence: u64;
  checksum: u64;

  /** The header whose bytes are at `ptr`. */
  @inline static at(ptr: usize): FrameHeader {
    return changetype<FrameHeader>(ptr);
  }

  /** Where the next frame would start if this one is at `offset` of a log of `size` bytes; 0 when it can't be a frame. */
  nextOf(offset: u64, size: u64): u64 {
    if (this.kind < FRAME_CHUNK || this.kind > FRAME_IMAGES_END || this.len > MAX_PAYLOAD_BYTES) return 0;
    const next = offset + frameSize(this.len);
    return next <= size ? next : 0;
  }
}
