/** The stores that a host in the same process has open, and when the garbage of its calls is collected. */
import { Status } from "../status";
import { DbmsContext } from "../store/dbms-context";
import { Garbage } from "./garbage";
import { Handles } from "./handles";
import { Request } from "./request";
import { Session } from "./session";

export class OpenStores {
  private readonly sessions: Handles<Session> = new Handles<Session>();
  /** Requests are read and done within one call, so all stores share it. */
  private readonly request: Request = new Request();
  private readonly garbage: Garbage = new Garbage();

  /**
   * To be called at the start of a call that leaves about so much garbage, when nothing but what globals reach is alive. Whether it was
   * collected.
   */
  begin(leaves: u32): bool {
    const isTime = this.garbage.add(leaves);
    if (isTime) this.collect();
    return isTime;
  }

  /** Collects garbage, at the start of a call. */
  collect(): void {
    __collect();
    let alive: u32 = 0;
    for (let handle = 1; handle <= this.sessions.last; handle++) {
      const session = this.sessions.get(handle);
      if (session) alive += session.db.store.weight;
    }
    this.garbage.collected(alive);
  }

  /** The handle of a store that was just opened. */
  add(db: DbmsContext): i32 {
    return this.sessions.add(new Session(db, this.request));
  }

  /** The store of a handle; null when it is none. */
  @inline get(handle: i32): Session | null {
    return this.sessions.get(handle);
  }

  /** Closes the store of a handle, which is none any more in either case. */
  close(handle: i32): Status {
    const session = this.sessions.get(handle)!;
    this.sessions.remove(handle);
    session.free();
    return session.db.close();
  }
}
