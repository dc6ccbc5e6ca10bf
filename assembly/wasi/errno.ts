/** The errnos of WASI preview 1: what each call of the host answers with, whichever WASI it is. */

/** Errnos that something is decided by. */
export const ERRNO_ACCES: u32 = 2;
export const ERRNO_BADF: u32 = 8;
export const ERRNO_CONNRESET: u32 = 15;
export const ERRNO_DQUOT: u32 = 19;
export const ERRNO_FBIG: u32 = 22;
export const ERRNO_ILSEQ: u32 = 25;
export const ERRNO_INTR: u32 = 27;
export const ERRNO_INVAL: u32 = 28;
export const ERRNO_IO: u32 = 29;
export const ERRNO_ISDIR: u32 = 31;
export const ERRNO_LOOP: u32 = 32;
export const ERRNO_NOENT: u32 = 44;
export const ERRNO_NOSPC: u32 = 51;
export const ERRNO_NOSYS: u32 = 52;
export const ERRNO_NOTDIR: u32 = 54;
export const ERRNO_NOTSUP: u32 = 58;
export const ERRNO_PERM: u32 = 63;
export const ERRNO_PIPE: u32 = 64;
export const ERRNO_ROFS: u32 = 69;
export const ERRNO_NOTCAPABLE: u32 = 76;

/** The name of an errno, for messages: `EIO`, or `errno 99`. */
export function errnoName(errno: u32): string {
  switch (errno) {
    case 2:
      return "EACCES";
    case 8:
      return "EBADF";
    case 19:
      return "EDQUOT";
    case 20:
      return "EEXIST";
    case 21:
      return "EFAULT";
    case 22:
      return "EFBIG";
    case 25:
      return "EILSEQ";
    case 27:
      return "EINTR";
    case 28:
      return "EINVAL";
    case 29:
      return "EIO";
    case 31:
      return "EISDIR";
    case 32:
      return "ELOOP";
    case 33:
      return "EMFILE";
    case 37:
      return "ENAMETOOLONG";
    case 41:
      return "ENFILE";
    case 44:
      return "ENOENT";
    case 48:
      return "ENOMEM";
    case 51:
      return "ENOSPC";
    case 52:
      return "ENOSYS";
    case 54:
      return "ENOTDIR";
    case 58:
      return "ENOTSUP";
    case 63:
      return "EPERM";
    case 64:
      return "EPIPE";
    case 69:
      return "EROFS";
    case 70:
      return "ESPIPE";
    case 76:
      return "ENOTCAPABLE";
    default:
      return "errno " + errno.toString();
  }
}
