/* Asks the device for a passkey, or to make one, and sends its answer with the form. */
(() => {
  const form = document.getElementById("ask");
  if (!form || !window.PublicKeyCredential || !navigator.credentials) return;
  const way = form.dataset.way;
  const failed = document.getElementById("failed");
  form.hidden = false;
  document.getElementById("without").hidden = true;

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const wish = JSON.parse(form.dataset.wish);
  wish.challenge = bytes(wish.challenge);
  if (wish.user) wish.user.id = bytes(wish.user.id);
  for (const known of [...(wish.excludeCredentials || []), ...(wish.allowCredentials || [])]) known.id = bytes(known.id);

  const told = (passkey) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (passkey.response[name]) response[name] = text(passkey.response[name]);
    }
    return JSON.stringify({ id: passkey.id, rawId: text(passkey.rawId), type: passkey.type, response });
  };

  let asking = null;
  const ask = async (pressed) => {
    // A device answers one question at a time.
    if (asking) asking.abort();
    const mine = (asking = new AbortController());
    failed.hidden = true;
    try {
      const passkey = await navigator.credentials[way]({ publicKey: wish, signal: mine.signal });
      form.elements.answer.value = told(passkey);
      form.submit();
    } catch {
      if (mine === asking && pressed) failed.hidden = false;
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(true);
  });
  // Whoever came here to sign in pressed for it on the page before. Some browsers want another press: the button.
  if (way === "get" && !document.getElementById("errs")) ask(false);
})();
