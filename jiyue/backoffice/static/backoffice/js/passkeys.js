"use strict";
// Passkeys: the form's question goes to the browser, the browser's answer into the form.
(() => {
    const toBytes = (text) => {
        const padded = text.replace(/-/g, "+").replace(/_/g, "/").padEnd(Math.ceil(text.length / 4) * 4, "=");
        return Uint8Array.from(atob(padded), (character) => character.charCodeAt(0));
    };
    const toText = (buffer) =>
        btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
    const withBytes = (list) => (list || []).map((entry) => ({ ...entry, id: toBytes(entry.id) }));

    const questionOf = (form) => {
        const options = JSON.parse(form.dataset.options);
        options.challenge = toBytes(options.challenge);
        if (options.user) options.user.id = toBytes(options.user.id);
        options.excludeCredentials = withBytes(options.excludeCredentials);
        options.allowCredentials = withBytes(options.allowCredentials);
        return { publicKey: options };
    };

    const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
    const answerOf = (credential) => {
        const response = {};
        for (const part of PARTS) {
            if (credential.response[part]) response[part] = toText(credential.response[part]);
        }
        const { id, type } = credential;
        return JSON.stringify({ id, rawId: toText(credential.rawId), type, response, clientExtensionResults: {} });
    };

    const say = (form, text) => {
        const box = form.querySelector("[data-passkey-message]");
        box.className = text ? "notice notice-error" : "";
        box.textContent = text;
    };

    const ask = async (form) => {
        say(form, "");
        if (!window.PublicKeyCredential) {
            say(form, form.dataset.missing);
            return;
        }
        try {
            const credential = await navigator.credentials[form.dataset.passkey](questionOf(form));
            form.elements.answer.value = answerOf(credential);
        } catch (error) {
            console.warn("passkey", error.name);
            say(form, form.dataset.failed);
            return;
        }
        form.submit();
    };

    document.querySelectorAll("form[data-passkey]").forEach((form) => {
        let isAsking = false;
        form.addEventListener("submit", async (event) => {
            event.preventDefault();
            if (isAsking) return;
            isAsking = true;
            await ask(form);
            isAsking = false;
        });
    });
})();
