/** Whether two signed notes say the same; their signature lines may differ, since more are added later. */
export function isSameCheckpoint(one: string, other: string): boolean {
  return textOf(one) === textOf(other)
}

function textOf(note: string): string {
  const blank = note.lastIndexOf('\n\n')
  return blank < 0 ? note : note.slice(0, blank + 1)
}
