/** Sets an own member, whatever its name: assigning to `__proto__` would change the object's prototype instead. */
export function setMember<T>(object: { [key: string]: T }, name: string, value: T): void {
  if (name === "__proto__") {
    Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
  } else {
    object[name] = value;
  }
}
