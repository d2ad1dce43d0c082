// Runs once the page has loaded: the switch between light and dark, and what screen readers are told of an answer.
() => {
  const body = document.body;

  // ---- Light and dark: the system's until the reader chooses; the choice is kept.
  const kept = () => { try { return localStorage.getItem("audio-reasoner-theme"); } catch { return null; } };
  const keep = (name) => { try { localStorage.setItem("audio-reasoner-theme", name); } catch { /* not allowed here */ } };
  const show = (name) => body.classList.toggle("dark", name === "dark");
  if (kept()) show(kept());
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#theme-switch")) return;
    const name = body.classList.contains("dark") ? "light" : "dark";
    keep(name);
    show(name);
  });

  // ---- The answer is drawn anew with each piece of text. A reader hears each section once, when it is whole: here,
  // in a region that is only ever added to.
  const announcer = document.createElement("div");
  announcer.id = "announcer";
  announcer.setAttribute("role", "log");
  announcer.setAttribute("aria-live", "polite");
  announcer.setAttribute("aria-label", "The answer, section by section");
  body.append(announcer);
  let told = 0;
  let state = "empty";
  const say = (text) => {
    const line = document.createElement("p");
    line.textContent = text;
    announcer.append(line);
  };
  const listen = () => {
    const answer = document.querySelector("#answer .answer");
    if (!answer) return;
    const now = answer.dataset.state;
    const sections = [...answer.querySelectorAll("section[data-closed]")];
    if (sections.length < told) told = 0; // another answer
    for (const section of sections.slice(told)) {
      say(`${section.querySelector("h3").textContent.trim()}: ${section.querySelector(".text").textContent}`);
    }
    told = sections.length;
    if (now !== state) {
      if (now === "waiting" || now === "incomplete" || now === "stopped" || now === "complete") {
        say(answer.querySelector(".verdict").textContent);
      }
      state = now; // what was refused is an alert of its own
    }
  };
  new MutationObserver(listen).observe(document.querySelector("#answer") ?? body, {
    childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ["data-state", "data-closed"],
  });
}
