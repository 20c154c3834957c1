/** What goes over a line besides its own keeping: what is asked, and what it pushes. */

import type { Deliver, Replaced } from "../wire/mailbox";
import type { MediaMessage } from "../wire/media";
import type { Request } from "../wire/messages";
import type { RoomControl, RoomPeer } from "../wire/relay";

/** A record that answers no request. */
export type OtherPush = Deliver | Replaced | RoomPeer | RoomControl;

/** What is asked and answered; the line fills `q` in. */
export type Asking = Exclude<Request, RoomControl>;

/** Take what a line brings. Nothing but `lineOpened` may wait. */
export interface LineListener {
  /** Subscribe and join again: a new line knows nothing of the old one. */
  lineOpened(): Promise<void>;
  /** Learn that the line opened, broke, or could not be opened. */
  lineChanged(): void;
  pushed(push: OtherPush): void;
  media(message: MediaMessage): void;
}
