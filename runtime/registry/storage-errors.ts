import {
  conflict,
  expired,
  failure,
  optimisticLockText,
  qualifiedResource,
  requestEntityTooLarge,
  StatusError,
  tooLargeResourceVersion,
  type GroupResource,
} from "../meta/status-error.ts";
import {
  StorageCompacted,
  StorageConflict,
  StorageFutureRevision,
  StorageTooLarge,
  StorageUnavailable,
} from "../storage/storage.ts";

/** What was being done when the storage failed. */
type StorageOperation = "get" | "list" | "create" | "update" | "delete" | "watch";

/**
 * The error that a client sees for one of the storage: the one place where they are told apart. What is no failure of
 * the storage stays as it is.
 */
export function storageFailure(
  error: unknown,
  resource: GroupResource,
  operation: StorageOperation,
  name = "",
): unknown {
  if (error instanceof StorageConflict) return conflict(resource, name, optimisticLockText);
  if (error instanceof StorageCompacted) return expired("The resourceVersion for the provided list is too old.");
  if (error instanceof StorageFutureRevision) return tooLargeResourceVersion(error.requested, error.current);
  if (error instanceof StorageTooLarge) return requestEntityTooLarge(error.message);
  if (error instanceof StorageUnavailable) return unavailable(resource, operation, error);
  return error;
}

// The reason tells clients that they may try again.
function unavailable(resource: GroupResource, operation: StorageOperation, cause: StorageUnavailable): StatusError {
  const message = `The ${operation} operation against ${qualifiedResource(resource)} could not be completed at this time, please try again.`;
  const details = { name: operation, group: resource.group, kind: resource.resource, retryAfterSeconds: 2 };
  const { status } = failure(500, "ServerTimeout", message, details);
  return new StatusError(status, { cause });
}
