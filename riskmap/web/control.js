// Files made for this reader only: kept in the page, saved by a click, never sent anywhere.
export default function ({ data, parentElement }) {
  const box = parentElement.querySelector(".paper");
  box.replaceChildren(
    ...data.files.map((file) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = file.label;
      button.addEventListener("click", () => {
        const bytes = Uint8Array.from(atob(file.content), (letter) => letter.charCodeAt(0));
        const link = document.createElement("a");
        link.href = URL.createObjectURL(new Blob([bytes], { type: file.type }));
        link.download = file.name;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 10000);
      });
      return button;
    }),
  );
}
