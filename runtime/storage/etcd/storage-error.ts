import type { Revision } from "../storage.ts";
import { StorageCompacted, StorageFutureRevision, StorageTooLarge, StorageUnavailable } from "../storage.ts";
import { isRefusal } from "./client.ts";
import { RpcError, rpcCodes } from "./rpc-error.ts";

/** What is known when a call fails, besides the error. */
interface FailedCall {
  /** What was being done, for the message. */
  readonly what: string;
  readonly write: boolean;
  /** The revision that was asked for; 0 if none was. */
  readonly requested: Revision;
  /** The oldest revision that is known not to be compacted. */
  readonly oldest: Revision;
  /** The newest revision. */
  readonly newest: Revision;
}

/**
 * The storage's error for one of etcd's: the one place where they are told apart.
 * https://github.com/etcd-io/etcd/blob/main/api/v3rpc/rpctypes/error.go
 */
export function storageError(error: unknown, call: FailedCall): Error {
  if (!(error instanceof RpcError)) return unavailable(error, call, { uncertain: call.write });
  const { code, message } = error;
  if (isCompacted(error)) return new StorageCompacted(call.requested, Math.max(call.oldest, call.requested + 1));
  if (isFutureRevision(error)) return new StorageFutureRevision(call.requested, call.newest);
  if (code === rpcCodes.resourceExhausted && message.includes("space exceeded")) {
    return unavailable(error, call, {
      advice: "compact and defragment etcd or raise its quota, then disarm its alarm",
    });
  }
  if (message.includes("request is too large") || message.includes("message larger than max")) {
    return new StorageTooLarge(`${call.what}: more than etcd takes, see its --max-request-bytes: ${message}`);
  }
  if (code === rpcCodes.resourceExhausted && message.includes("too many requests")) {
    return unavailable(error, call, { advice: "etcd is behind with its work; try again later" });
  }
  if (code === rpcCodes.permissionDenied || code === rpcCodes.unauthenticated || /user name is empty/.test(message)) {
    return unavailable(error, call, { advice: "the client certificate needs a user of etcd that may do this" });
  }
  if (code === rpcCodes.dataLoss)
    return unavailable(error, call, { advice: "a member of etcd is damaged; restore it" });
  const uncertain = call.write && error.sent && !isRefusal(error) && !isRejection(error);
  return unavailable(error, call, { uncertain });
}

/** Whether the revision that was asked for is compacted away. */
export function isCompacted({ code, message }: RpcError): boolean {
  return code === rpcCodes.outOfRange && message.includes("has been compacted");
}

/** Whether the revision that was asked for is not written yet. */
export function isFutureRevision({ code, message }: RpcError): boolean {
  return code === rpcCodes.outOfRange && message.includes("is a future revision");
}

/** Whether the answer is larger than we take. */
export function isAnswerTooLarge({ code, message }: RpcError): boolean {
  return code === rpcCodes.resourceExhausted && message.includes("received message larger than max");
}

/** Whether the lease of a value is gone, so that the value was not written. */
export function isLeaseGone({ code, message }: RpcError): boolean {
  return code === rpcCodes.notFound && message.includes("lease not found");
}

/** Codes by which etcd says that it has looked at the request and not done it. */
function isRejection({ code }: RpcError): boolean {
  return (
    code === rpcCodes.invalidArgument ||
    code === rpcCodes.notFound ||
    code === rpcCodes.failedPrecondition ||
    code === rpcCodes.outOfRange ||
    code === rpcCodes.unimplemented
  );
}

function unavailable(
  error: unknown,
  { what }: FailedCall,
  { advice, uncertain = false }: { readonly advice?: string; readonly uncertain?: boolean },
): StorageUnavailable {
  const reason = error instanceof Error ? error.message : String(error);
  const message = `${what}: etcd: ${reason}${advice === undefined ? "" : `; ${advice}`}`;
  return new StorageUnavailable(message, { cause: error, uncertain });
}
