"use strict";
// Boards that follow their work: parts marked `data-live` are taken anew from the same address every
// few seconds while somebody looks. Such a request doesn't count as use of the session.
(() => {
    const EVERY_MS = 5000;
    const PATIENCE_MS = 20000;
    let timer = 0;
    let isAsking = false;

    const parts = () => [...document.querySelectorAll("[data-live]")];
    const isTyping = () => document.activeElement?.matches("input, textarea, select") ?? false;
    const isMarked = (part) => {
        const selection = document.getSelection();
        return !selection.isCollapsed && selection.containsNode(part, true);
    };
    const isSame = (one, other) =>
        ["href", "aria-labelledby"].every((name) => one.getAttribute(name) === other.getAttribute(name));

    const exchange = (part, fresh) => {
        const focused = part.contains(document.activeElement) ? document.activeElement : null;
        const scrolled = [...part.querySelectorAll(".table-frame")].map((frame) => frame.scrollLeft);
        part.replaceWith(fresh);
        fresh.querySelectorAll(".table-frame").forEach((frame, at) => { frame.scrollLeft = scrolled[at] ?? 0; });
        if (focused) {
            const twins = [...fresh.querySelectorAll(focused.localName)];
            twins.find((twin) => isSame(twin, focused))?.focus({ preventScroll: true });
        }
    };

    // Whether the page as a whole is another one now: its work has ended, or other buttons belong on it.
    const show = (page) => {
        for (const part of parts()) {
            const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
            if (!fresh || fresh.dataset.state !== part.dataset.state) return true;
            if (!fresh.isEqualNode(part) && !isMarked(part)) exchange(part, document.adoptNode(fresh));
        }
        return false;
    };

    const ask = async () => {
        if (isAsking || document.hidden) return;
        isAsking = true;
        try {
            const answer = await fetch(location.href, {
                headers: { "X-Jiyue-Refresh": "1" },
                redirect: "manual",
                signal: AbortSignal.timeout(PATIENCE_MS),
            });
            const isOver = answer.type === "opaqueredirect" || answer.status === 403 || answer.status === 404;
            const text = answer.ok ? await answer.text() : "";
            const isOther = isOver || (text && show(new DOMParser().parseFromString(text, "text/html")));
            if (isOther && !isTyping()) location.reload();
        } catch (error) {
            console.warn("not brought up to date", error.name);
        } finally {
            isAsking = false;
        }
    };

    const go = () => {
        clearInterval(timer);
        if (!document.hidden) timer = setInterval(ask, EVERY_MS);
    };

    if (!parts().length) return;
    document.addEventListener("visibilitychange", () => {
        go();
        ask();
    });
    go();
})();
