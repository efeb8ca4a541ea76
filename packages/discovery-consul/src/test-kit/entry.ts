/** An entry as Consul lists it, and the instance that it is. */
export const entry = { Node: { Node: "n", Address: "10.0.0.1" }, Service: { ID: "a", Service: "s", Port: 1 } };
export const instance = {
  id: "a",
  name: "s",
  address: "10.0.0.1",
  port: 1,
  tags: [],
  metadata: {},
  health: "healthy",
} as const;
