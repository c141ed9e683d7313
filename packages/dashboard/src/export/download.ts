/** Hands a text to the reader as a file of this name. */
export function downloadText(fileName: string, mimeType: string, text: string): void {
  downloadFile(fileName, new Blob([text], { type: mimeType }))
}

/** Hands a file to the reader. */
export function downloadFile(fileName: string, content: Blob): void {
  const address = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = address
  link.download = fileName
  document.body.append(link)
  link.click()
  link.remove()
  // The click only starts the download; the address must outlive this turn.
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
