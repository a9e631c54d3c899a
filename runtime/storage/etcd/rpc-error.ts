/** The codes of gRPC that are told apart here. https://grpc.io/docs/guides/status-codes/ */
export const rpcCodes = {
  ok: 0,
  canceled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const;

/** A call that failed. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;
  /** Whether the server may have seen the call; if not, it can be made again without harm. */
  readonly sent: boolean;
  constructor(code: number, message: string, sent: boolean) {
    super(message);
    this.code = code;
    this.sent = sent;
  }
}
