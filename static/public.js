/* Hastens what works without it: the way out, the count of characters, the reader's own clock, focus after a swap. */
(() => {

  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest(".bar .exit");
    if (!link) return;
    event.preventDefault();
    // An answer still on its way would put its cookie back after the way out has dropped it.
    window.stop();
    document.documentElement.replaceChildren();
    location.replace(link.href);
  });

  const count = (field) => {
    const line = document.getElementById(field.id + "-c");
    if (!line || !line.dataset.words) return;
    const used = [...field.value].length;
    line.textContent = line.dataset.words.replace("{used}", used).replace("{most}", line.dataset.most);
  };
  document.addEventListener("input", (event) => {
    if (event.target.id) count(event.target);
  });

  const tellLocalTimes = () => {
    for (const time of document.querySelectorAll("time[data-local]")) {
      if (time.nextElementSibling && time.nextElementSibling.className === "local") continue;
      const local = new Intl.DateTimeFormat(document.documentElement.lang + "-u-nu-latn", {
        weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short",
      }).format(new Date(time.dateTime));
      const words = document.createElement("span");
      words.className = "local";
      words.textContent = document.documentElement.lang === "zh" ? "（" + local + "）" : " (" + local + ")";
      time.after(words);
    }
  };
  tellLocalTimes();

  document.addEventListener("htmx:after:swap", (event) => {
    // What renews itself leaves the reader where it is.
    if (event.target.id === "live") return;
    const errors = document.getElementById("errs");
    const anchor = location.hash && document.getElementById(location.hash.slice(1));
    const target = errors || anchor || document.getElementById("main");
    if (target) {
      target.focus({ preventScroll: true });
      if (target.id === "main") scrollTo(0, 0);
      // A button that was pressed again and again stays under the finger.
      else target.scrollIntoView({ block: target.matches("button,input") ? "nearest" : "start" });
    }
  });

})();
