/** Makes identifiers. Real: UUIDv7 (RFC 9562), monotonic within a process. Tests: seeded. */
export interface Ids {
  uuid(): string
}
