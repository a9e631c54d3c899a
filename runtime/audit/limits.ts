/** Bounds on what auditing may hold in memory. */
export interface AuditLimits {
  /** Requests wait for the log before they are served while it holds more than this, in characters. */
  readonly waitingCharactersMax: number;
  /** What comes while the log holds more than this is lost, and counted; only requests that were begun before can come to it. */
  readonly bufferedCharactersMax: number;
  /** An event that is longer goes without its objects. */
  readonly eventCharactersMax: number;
  /** What is handed to the file at once. */
  readonly batchCharacters: number;
}

/** What a server has that says nothing else. */
export const defaultAuditLimits: AuditLimits = {
  waitingCharactersMax: 4 * 1024 * 1024,
  bufferedCharactersMax: 64 * 1024 * 1024,
  eventCharactersMax: 10 * 1024 * 1024,
  batchCharacters: 1024 * 1024,
};
