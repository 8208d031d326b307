"use strict";
// Typing is never lost: kept on the server every few seconds, in the browser at once; who else writes.
(() => {
    const shared = window.jiyueEditor;
    if (!shared?.form.dataset.keep) return;
    const { form, data, texts, fill, post, request, say, unsay, button, element, Expired, Refused } = shared;
    const QUIET_MS = 1500; // pause in typing before text is sent
    const EVERY_MS = 5000; // at most one request in this time
    const PULSE_MS = 60000; // sign of life for the lock
    const ACTIVE_MS = 300000; // without a key or click for so long, no sign of life is given
    const BEACON_BYTES = 60000; // browsers send no more while a page closes
    const { read, write, keyOf } = window.jiyueForms;
    const localKey = keyOf(form.dataset.keptName);
    const state = form.parentNode.querySelector("[data-keep-state]");
    const randomName = () => crypto.getRandomValues(new Uint32Array(4)).reduce((name, part) => name + part.toString(36), "");
    const windowName = randomName();
    const deviceName = (() => {
        try {
            let name = localStorage.getItem("jiyue-device");
            if (!name) localStorage.setItem("jiyue-device", name = randomName());
            return name;
        } catch {
            return randomName();
        }
    })();

    let pristine = "";
    let sent = "";
    let sequence = 0;
    let lastSentAt = 0;
    let lastActiveAt = Date.now();
    let timer = 0;
    let isSending = false;
    let isUndecided = false;
    let isElsewhere = false;
    let isExpired = false;
    let isLeaving = false;
    let takesOver = false;

    const show = (text) => { if (state) state.textContent = text; };
    const values = () => read(form);
    const baseNumber = () => form.elements.base_number.value || "0";
    const payload = (text) => ({
        unit: data.unit, resource: data.resource ?? "", window: windowName, device: deviceName,
        sequence: ++sequence, base_number: baseNumber(), takes_over: takesOver ? "1" : "", values: text,
    });

    const keepHere = (text) => {
        try {
            sessionStorage.setItem(localKey, JSON.stringify({ at: Date.now(), base_number: baseNumber(), values: JSON.parse(text) }));
        } catch (error) {
            console.warn("text not kept in the browser", error.name);
        }
    };

    const onAnswer = (answer, text) => {
        unsay("offline");
        form.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((field) => { field.value = answer.token; });
        if (text !== null) {
            sent = text;
            takesOver = false;
            show(fill(texts.kept, { time: new Date().toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", second: "2-digit" }) }));
        }
        showLock(answer.lock);
        if (answer.newest && answer.newest > Number(baseNumber())) say("warning", texts.newer, { key: "newer" });
    };

    const onFailure = (error) => {
        if (error instanceof Expired) return;
        if (error instanceof Refused && error.code === "written_elsewhere") {
            isElsewhere = true;
            const goOn = button(texts.goOnHere, () => {
                isElsewhere = false;
                takesOver = true;
                unsay("elsewhere");
                send();
            });
            say("warning", error.message, { key: "elsewhere", buttons: [goOn] });
        } else if (error instanceof Refused) {
            say("warning", error.message, { key: "offline" });
        } else {
            say("warning", texts.offline, { key: "offline" });
        }
        show(texts.keptHere);
    };

    const send = async ({ pulse = false } = {}) => {
        clearTimeout(timer);
        if (isSending || isExpired || isLeaving) return;
        const text = JSON.stringify(values());
        const hasText = text !== pristine && text !== sent;
        if (!hasText && !pulse) return;
        const mayKeep = hasText && !isUndecided && !isElsewhere;
        if (hasText && !mayKeep) show(isUndecided ? texts.decideFirst : texts.keptHere);
        if (!mayKeep && !pulse) return;
        isSending = true;
        lastSentAt = Date.now();
        const body = payload(text);
        if (!mayKeep) delete body.values;
        try {
            onAnswer(await post(form.dataset.keep, body), mayKeep ? text : null);
        } catch (error) {
            onFailure(error);
        } finally {
            isSending = false;
        }
        if (mayKeep && JSON.stringify(values()) !== text) later();
    };
    const later = () => {
        clearTimeout(timer);
        timer = setTimeout(send, Math.max(QUIET_MS, lastSentAt + EVERY_MS - Date.now()));
    };
    const onInput = () => {
        if (!pristine) return;
        lastActiveAt = Date.now();
        const text = JSON.stringify(values());
        if (text === pristine) return;
        keepHere(text);
        if (text !== sent) later();
    };

    const showLock = (lock) => {
        const known = form.parentNode.querySelector("[data-lock]");
        if (!lock) {
            known?.remove();
            return;
        }
        if (known) return;
        const box = say("warning", fill(lock.device ? texts.lockDevice : texts.lock, lock), { key: "lock" });
        box.dataset.lock = "";
        box.firstChild.append(lockActs());
    };
    const takeLock = async (event) => {
        const box = event.target.closest("[data-lock]");
        try {
            await post(form.dataset.lockTake, { window: windowName });
            box.remove();
        } catch (error) {
            onFailure(error);
        }
    };
    const lockActs = () => {
        const row = element("p", "notice-acts");
        row.append(button(form.dataset.lockTakeText, takeLock));
        return row;
    };

    // An earlier text: of this tab (the connection or the sign-in was lost), or from the server.
    const newestKept = (opened) => {
        const here = JSON.parse(sessionStorage.getItem(localKey) || "null");
        const there = data.kept && { ...data.kept, isServer: true };
        const found = here && (!there || here.at > there.at + 2000) ? { ...here, device: deviceName } : there;
        if (found && JSON.stringify(found.values) !== opened) return found;
        if (!data.is_refused) sessionStorage.removeItem(localKey);
        takesOver = Boolean(data.kept);
        return null;
    };
    const offer = (kept) => {
        isUndecided = true;
        const box = document.getElementById("kept-offer").content.firstElementChild.cloneNode(true);
        const moment = new Date(kept.at).toLocaleString("zh-CN", { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
        box.querySelector("time").textContent = moment;
        box.querySelector("[data-place]").textContent = kept.device === deviceName ? texts.thisComputer : texts.otherComputer;
        if (!kept.isServer) box.querySelector("[data-compare]")?.remove();
        const decide = () => {
            isUndecided = false;
            takesOver = true;
            box.remove();
        };
        box.querySelector("[data-restore]").addEventListener("click", () => {
            decide();
            write(form, kept.values);
            if (kept.base_number) form.elements.base_number.value = kept.base_number;
            form.querySelector("input:not([type=hidden]), textarea, select")?.focus();
            onInput();
        });
        box.querySelector("[data-discard]").addEventListener("click", async () => {
            sessionStorage.removeItem(localKey);
            decide();
            if (data.kept) {
                try {
                    await post(form.dataset.forget, { unit: data.unit, resource: data.resource ?? "" });
                } catch (error) {
                    onFailure(error);
                }
            }
        });
        form.before(box);
    };

    const onExpired = async () => {
        if (isExpired) return;
        isExpired = true;
        show(texts.keptHere);
        if (await recover()) return;
        const link = element("a", "button", texts.signIn);
        link.href = form.dataset.signIn;
        link.target = "_blank";
        link.rel = "opener";
        const box = say("error", texts.expired, { key: "expired", buttons: [link] });
        box.setAttribute("role", "alert");
    };
    const recover = async () => {
        try {
            const session = await request(form.dataset.session, {});
            if (String(session.account) !== document.querySelector("meta[name=jiyue-account]").content) {
                say("error", texts.otherAccount, { key: "expired" });
                return false;
            }
            document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((field) => { field.value = session.token; });
        } catch {
            return false;
        }
        isExpired = false;
        if (form.parentNode.querySelector("[data-key=expired]")) say("success", texts.signedIn, { key: "expired" });
        later();
        return true;
    };
    const onReturn = () => {
        lastActiveAt = Date.now();
        if (isExpired) recover();
    };

    const leave = () => {
        const text = JSON.stringify(values());
        if (!pristine || text === pristine || text === sent || isLeaving || isUndecided || isElsewhere || isExpired) return;
        const body = new FormData();
        for (const [name, value] of Object.entries(payload(text))) body.append(name, value);
        body.append("csrfmiddlewaretoken", shared.token());
        if (text.length * 3 < BEACON_BYTES) navigator.sendBeacon(form.dataset.keep, body);
    };

    const onSubmit = (event) => {
        keepHere(JSON.stringify(values()));
        if (isExpired) {
            event.preventDefault();
            event.stopImmediatePropagation();
            const submitter = event.submitter;
            recover().then((isBack) => {
                if (isBack) form.requestSubmit(submitter);
                else form.parentNode.querySelector("[data-key=expired] a")?.focus();
            });
            return;
        }
        isLeaving = true;
        clearTimeout(timer);
        setTimeout(() => { isLeaving = event.defaultPrevented ? false : isLeaving; }, 0);
    };

    const compare = async (event) => {
        event.preventDefault();
        const address = event.currentTarget.href;
        await send();
        window.open(address, "_blank");
    };

    shared.ready.then(() => {
        const opened = JSON.stringify(values());
        pristine = data.is_refused ? "-" : opened; // a refused form holds text that isn't saved
        const kept = newestKept(opened);
        if (kept) offer(kept);
        else if (data.is_refused) later();
        form.parentNode.querySelectorAll("button[data-lock-take]").forEach((known) => known.addEventListener("click", takeLock));
        form.parentNode.querySelectorAll("a[data-compare-typed]").forEach((link) => link.addEventListener("click", compare));
        form.addEventListener("input", onInput);
        form.addEventListener("change", onInput);
        form.addEventListener("submit", onSubmit, true);
        form.addEventListener("jiyue:expired", onExpired);
        window.addEventListener("focus", onReturn);
        window.addEventListener("online", () => send());
        window.addEventListener("pagehide", leave);
        window.addEventListener("pageshow", () => { isLeaving = false; });
        document.addEventListener("pointerdown", onReturn);
        if (data.resource) {
            send({ pulse: true });
            setInterval(() => {
                const isActive = Date.now() - lastActiveAt < ACTIVE_MS && !document.hidden;
                if (isActive && Date.now() - lastSentAt > PULSE_MS - 5000) send({ pulse: true });
            }, PULSE_MS / 2);
        }
    });
})();
