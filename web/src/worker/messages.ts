/**
 * The words between the screens (main thread) and the client (Worker).
 *
 * Commands go down, notices come up. Nothing here holds a key, a capability or a token, except the
 * links that a person must see to send them.
 */

export type ContactId = string;

export type Standing = "waiting" | "confirmed" | "out_of_step";

export interface ContactView {
  readonly id: ContactId;
  readonly name: string;
  readonly standing: Standing;
  readonly verified: boolean;
  /** The words differed in a call, and have not matched since. */
  readonly suspected: boolean;
  /** Another key than the verified one of this name; the words were not compared since. */
  readonly changed: boolean;
}

export interface InvitationView {
  readonly id: string;
  readonly name: string;
  /** Unix seconds by the home's clock. */
  readonly expires: number;
}

export interface LogEntry {
  readonly id: string;
  /** Who it was with, also when they were deleted since. */
  readonly contact: ContactId;
  readonly name: string;
  readonly direction: "in" | "out" | "missed";
  /** Unix milliseconds. */
  readonly at: number;
  readonly durationS: number;
  readonly seen: boolean;
  /** Null for a call that was only missed here, or is of an earlier version of this page. */
  readonly reason: EndReason | null;
}

/** Why a call ended: the closed list of spec/failures.md. */
export type EndReason =
  | "hangup"
  | "remote_hangup"
  | "cancelled"
  | "declined"
  | "busy"
  | "away"
  | "no_answer"
  | "full"
  | "lost"
  | "unreachable"
  | "alarm"
  | "altered"
  | "out_of_step"
  | "answered_elsewhere"
  | "failed";

/** What did not work, outside of a call. */
export type FailedWords =
  | "quota"
  | "network"
  | "full"
  | "uninvited"
  /** The home reads out no more mailboxes on a line: some people cannot ring. */
  | "crowded"
  | "unexpected";

/** Why the home cannot be reached: the closed list of spec/failures.md. */
export type Failure =
  | "connection_refused"
  | "connection_reset"
  | "generic_timeout_error"
  | "dns_nxdomain_error"
  | "dns_lookup_error"
  | "host_unreachable"
  | "ssl_failed_handshake"
  | "eof_error"
  | "http_not_a_home"
  | "line_wrong_key"
  | "line_mute"
  | "newer_release"
  | "unknown_failure";

/** What this side can see of a call. */
export type MomentKind =
  /** The home was reached, and the call goes out. */
  | "reached"
  /** Somebody's call came in. */
  | "came"
  | "rang"
  /** Both sides have the keys. */
  | "locked"
  /** The first frame was played. */
  | "sound"
  /** Nothing was heard of the other side. */
  | "silent"
  /** The other side reported that little of ours arrived. */
  | "unheard"
  | "lineLost"
  | "lineBack"
  /** A smaller mode is spoken. */
  | "lowered"
  | "ended";

export interface Moment {
  readonly kind: MomentKind;
  /** Unix milliseconds, coarse. */
  readonly at: number;
  /** How long it lasted; 0 for what has no length. */
  readonly lengthS: number;
}

/** What was seen of one call, in the order of time. */
export interface Trace {
  readonly moments: readonly Moment[];
  /** Why the home could not be reached when it ended; null when it could. */
  readonly failure: Failure | null;
}

/** Why an invitation cannot be used. */
export type InvitationFault =
  | "used"
  | "expired"
  | "cancelled"
  | "altered"
  /** It, or its home, is of a later release than this page. */
  | "newer"
  | "unreachable";

/** What came of a list of ways to the home that the person brought. */
export type ListOutcome =
  /** Used from now on. */
  | "taken"
  /** It is no newer than the one that is here. */
  | "known"
  /** Another home's. */
  | "other"
  /** No list, or not as a home signed it. */
  | "altered"
  /** Newer, but the home must be asked for its key, and did not answer by any of its ways. */
  | "unreached";

/** One step of setting a call up, as the screen ticks them off. */
export type Step = "line" | "ring" | "lock" | "sound";

export interface CallQuality {
  /** Cumulative since the first frame played. */
  readonly framesExpected: number;
  readonly framesOnTime: number;
  readonly framesLate: number;
  readonly framesLost: number;
  readonly bufferMs: number;
  readonly rttMs: number | null;
  readonly mode: string;
  /** Share of our frames that the other side had on time in its last second; null: no report. */
  readonly remoteOnTime: number | null;
}

/** The one call there can be, as a screen shows it. */
export type CallView =
  | { readonly kind: "calling"; readonly contact: ContactView; readonly step: Step }
  | { readonly kind: "incoming"; readonly contact: ContactView }
  | { readonly kind: "connecting"; readonly contact: ContactView; readonly step: Step }
  | {
      readonly kind: "talking";
      readonly contact: ContactView;
      /** Unix milliseconds of the first frame played. */
      readonly since: number;
      /** Five indices into the emoji table; null until both sides hold the reveal. */
      readonly sas: readonly number[] | null;
      /** Milliseconds of silence when the other side cannot be heard for >= 500 ms. */
      readonly silentMs: number | null;
      /** Unix milliseconds when the other side went another way to the home; null while it did not. */
      readonly movedAt: number | null;
      readonly muted: boolean;
    }
  | {
      readonly kind: "ended";
      readonly contact: ContactView;
      readonly reason: EndReason;
      readonly durationS: number;
      readonly direction: "in" | "out";
      readonly trace: Trace;
    };

export type LineState =
  | { readonly kind: "none" }
  | { readonly kind: "connecting" }
  | { readonly kind: "ready" }
  | { readonly kind: "down"; readonly failure: Failure };

/**
 * What does not fit about the home's identity: the link that was opened names another one, or
 * another one was met here before.
 */
export type HomeTrouble = "link" | "changed";

/** Everything that the screens draw; sent whole on each change but levels and quality. */
export interface ClientView {
  readonly line: LineState;
  readonly contacts: readonly ContactView[];
  readonly invitations: readonly InvitationView[];
  readonly log: readonly LogEntry[];
  readonly call: CallView | null;
  /** The home's clock is more than ten minutes away from this device's. */
  readonly clockWrong: boolean;
  readonly homeTrouble: HomeTrouble | null;
  /** A passphrase locks the store. */
  readonly isLocked: boolean;
  /** It is known where the home is: always, but for a page from a file. */
  readonly hasHome: boolean;
}

/** How much a call may cost: the best sound, or less of it. */
export type DataUse = "clear" | "saver" | "lowest";

/** What the person chose about the network, as far as the client heeds it. */
export interface Frugality {
  /** One connection to the home at a time: no second line beside one that lives. */
  readonly isCareful: boolean;
  readonly dataUse: DataUse;
}

export type Command =
  | {
      readonly kind: "start";
      /** The page's own address without fragment: `https://host[:port]/<door>`. */
      readonly address: string;
      /** The name of the store: one for each home, and for each person of "Try it alone". */
      readonly store: string;
      readonly passphrase: string | null;
      /** The home's identity as the opened link says; null when it says none. */
      readonly homeId: string | null;
    }
  /** Where a page from a file keeps people: under a passphrase, or (null) only while it is open. */
  | { readonly kind: "keep"; readonly passphrase: string | null }
  /** A page from a file is told where its home is. */
  | { readonly kind: "useHome"; readonly link: string }
  /** A home link was opened in this tab later on. */
  | { readonly kind: "checkHome"; readonly homeId: string }
  /** From the next call on. */
  | { readonly kind: "prefer"; readonly frugality: Frugality }
  /** Lock the store with a passphrase, or (null) no more. */
  | { readonly kind: "setPassphrase"; readonly passphrase: string | null }
  | { readonly kind: "invite"; readonly name: string }
  | { readonly kind: "cancelInvitation"; readonly id: string }
  /** Show the link of an invitation again: the notice `invitation` comes once more. */
  | { readonly kind: "showInvitation"; readonly id: string }
  | { readonly kind: "accept"; readonly link: string; readonly name: string }
  | { readonly kind: "rename"; readonly contact: ContactId; readonly name: string }
  | { readonly kind: "delete"; readonly contact: ContactId }
  | { readonly kind: "call"; readonly contact: ContactId }
  | { readonly kind: "answer" }
  | { readonly kind: "decline" }
  | { readonly kind: "hangUp" }
  | { readonly kind: "dismissEnded" }
  | { readonly kind: "mute"; readonly muted: boolean }
  | { readonly kind: "sasMatch"; readonly matches: boolean }
  | { readonly kind: "logSeen" }
  /** Tell what was seen of a past call: the notice `trace` answers. */
  | { readonly kind: "explain"; readonly id: string }
  | { readonly kind: "forgetCall"; readonly id: string }
  | { readonly kind: "clearLog" }
  /** Tell the list of ways to the home as text: the notice `list` answers. */
  | { readonly kind: "showList" }
  /** Take such a text: the notice `listTaken` answers. */
  | { readonly kind: "takeList"; readonly text: string }
  | { readonly kind: "erase" }
  | { readonly kind: "takeOver" }
  /** The two worklets' ports, transferred with the message, before a call is placed or answered. */
  | {
      readonly kind: "audioPorts";
      readonly capture: MessagePort;
      readonly playout: MessagePort;
    };

export type Notice =
  | { readonly kind: "view"; readonly view: ClientView }
  | { readonly kind: "otherTab"; readonly inCall: boolean }
  | { readonly kind: "locked"; readonly wrong: boolean }
  /** A page from a file keeps nothing before it is told where. */
  | { readonly kind: "unkept" }
  | { readonly kind: "passphraseSet"; readonly isLocked: boolean }
  /** What the page's policy must allow, as far as the home's endpoints are known. */
  | { readonly kind: "reach"; readonly sources: readonly string[] }
  | { readonly kind: "list"; readonly text: string }
  | { readonly kind: "listTaken"; readonly outcome: ListOutcome }
  /** A contact sent a newer list, and it is used now. */
  | { readonly kind: "waysFrom"; readonly name: string }
  /** The build of the page that the home serves now, over the line. */
  | { readonly kind: "homePage"; readonly build: string }
  /** The store cannot keep anything (private window, full disk), or a newer page wrote it. */
  | { readonly kind: "storeTrouble"; readonly trouble: "private" | "unwritable" | "newer" }
  | { readonly kind: "invitation"; readonly id: string; readonly link: string; readonly expires: number }
  | { readonly kind: "accepted"; readonly contact: ContactView }
  | { readonly kind: "trace"; readonly id: string; readonly trace: Trace }
  | { readonly kind: "invitationFault"; readonly fault: InvitationFault }
  /** The link belongs to another home: its own page must open it (navigate there). */
  | { readonly kind: "otherHome"; readonly link: string }
  | { readonly kind: "quality"; readonly quality: CallQuality }
  /** 0 to 1, root mean square of 100 ms: what was played, what the microphone gave. */
  | { readonly kind: "levels"; readonly theirs: number; readonly yours: number; readonly lost: boolean }
  | { readonly kind: "erased" }
  | { readonly kind: "failed"; readonly words: FailedWords };
