/** Hand a file to the browser's downloads; nothing leaves the machine. */
export function saveFile(name: string, type: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The download has begun by then, and the figures need not stay in memory.
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, 10_000);
}
