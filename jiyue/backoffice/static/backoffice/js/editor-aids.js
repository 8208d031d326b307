"use strict";
// Clean-up of pasted text and of the format, Word files, and the count of characters.
(() => {
    const shared = window.jiyueEditor;
    if (!shared?.form.dataset.clean) return;
    const { form, texts, fill, post, uploadFile, say, unsay, button, element, Refused } = shared;
    const MAX_PASTE_CHARS = 3500000; // characters; the server takes four million
    const MAX_EMBEDDED = 20; // pictures embedded in pasted text that are uploaded
    const EMBEDDED = /(<img\b[^>]*?\bsrc\s*=\s*["'])data:(image\/(?:png|jpeg|webp));base64,([^"']+)(["'])/gi;

    const fileOf = (type, base64) => {
        const bytes = Uint8Array.from(atob(base64.replace(/\s/g, "")), (character) => character.charCodeAt(0));
        return new Blob([bytes], { type });
    };
    const withUploads = async (html) => {
        const found = [...html.matchAll(EMBEDDED)].slice(0, MAX_EMBEDDED);
        let result = html;
        for (const match of found) {
            const address = await uploadFile(fileOf(match[2], match[3]), `picture.${match[2].split("/")[1]}`);
            result = result.replace(match[0], () => match[1] + address + match[4]);
        }
        return result.replace(EMBEDDED, "$1$4");
    };
    const insertPictures = async (editor, files) => {
        for (const file of files) editor.insertContent(`<img src="${await uploadFile(file, file.name)}" alt="">`);
    };
    const isLine = /^<p>((?:(?!<p[ >])[\s\S])*)<\/p>$/;

    const takeIn = async (editor, html, files) => {
        unsay("paste");
        if (html.replace(EMBEDDED, "").length > MAX_PASTE_CHARS) {
            say("error", texts.pasteTooLong, { key: "paste" });
            return;
        }
        editor.setProgressState(true);
        try {
            const result = await post(form.dataset.clean, { html: await withUploads(html) });
            if (!result.html && files.length) await insertPictures(editor, files);
            else editor.insertContent(result.html.replace(isLine, "$1"));
            if (result.notes.length) say("warning", result.notes.join(" "), { key: "paste" });
        } catch (error) {
            if (error instanceof Refused) {
                say("error", error.message, { key: "paste" });
            } else {
                editor.execCommand("mceInsertClipboardContent", false, { html });
                say("warning", texts.pasteFallback, { key: "paste" });
            }
        } finally {
            editor.setProgressState(false);
        }
    };
    const onPaste = (editor) => (event) => {
        const clip = event.clipboardData;
        const html = clip?.getData("text/html");
        if (!html || [...clip.types].includes("x-hugerte/html")) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        const files = [...clip.files].filter((file) => file.type.startsWith("image/"));
        takeIn(editor, html, files);
    };

    const tidy = async (editor) => {
        unsay("tidy");
        try {
            const result = await post(form.dataset.tidy, { html: editor.getContent() });
            if (!result.changes.length) {
                say("success", texts.unchanged, { key: "tidy" });
                return;
            }
            editor.undoManager.transact(() => editor.setContent(result.html));
            const lines = result.changes.map((change) => {
                const line = fill(texts.times, change);
                return change.before ? `${line} (${fill(texts.example, change)})` : line;
            });
            say("success", texts.changed, { key: "tidy", lines });
        } catch (error) {
            say("error", error instanceof Refused ? error.message : texts.failed, { key: "tidy" });
        }
        editor.focus();
    };

    const takeOver = (editor, result) => {
        for (const [name, found] of Object.entries(result.fields)) {
            const field = form.elements[name];
            if (!field || field instanceof RadioNodeList) continue;
            field.value = found.value;
            field.dispatchEvent(new Event("change", { bubbles: true }));
        }
        editor.undoManager.transact(() => editor.setContent(result.html));
        unsay("word");
        editor.focus();
    };
    const showWord = (editor, result) => {
        const lines = Object.values(result.fields).map((found) => {
            const line = `${found.label}: ${found.value}`;
            return found.is_guessed ? `${line} (${texts.wordGuessed})` : line;
        });
        if (result.missing.length) lines.push(`${texts.wordMissing} ${result.missing.join("、")}`);
        lines.push(...result.notes);
        const buttons = [
            button(texts.wordReplace, () => takeOver(editor, result), "button"),
            button(texts.wordCancel, () => unsay("word")),
        ];
        const box = say("success", texts.wordFound, { key: "word", lines, buttons });
        const preview = element("div", "word-preview body-text");
        preview.append(...new DOMParser().parseFromString(result.html, "text/html").body.childNodes);
        preview.tabIndex = 0;
        box.firstChild.append(preview);
        box.querySelector("button").focus();
    };
    const readWord = async (editor, input) => {
        const file = input.files[0];
        if (!file) return;
        say("success", texts.wordReading, { key: "word" });
        try {
            showWord(editor, await post(form.dataset.word, { file }));
        } catch (error) {
            say("error", error instanceof Refused ? error.message : texts.failed, { key: "word" });
        }
        input.value = "";
    };

    // As word processors count: each Chinese character or mark is one, a Latin word or number is one.
    const count = (text) => (text.match(/[A-Za-z0-9]+(?:[.,:'-][A-Za-z0-9]+)*|[^\s\p{C}]/gu) || []).length;
    const showCount = (editor) => {
        const place = form.querySelector("[data-count]");
        if (place) place.textContent = fill(texts.count, { count: count(editor.getBody().innerText).toLocaleString("zh-CN") });
    };

    shared.ready.then((editor) => {
        if (!editor) return;
        editor.on("paste", onPaste(editor), true);
        form.querySelector("[data-tidy]")?.addEventListener("click", () => tidy(editor));
        const input = form.querySelector("[data-word]");
        input?.addEventListener("change", () => readWord(editor, input));
        form.querySelector("[data-word-button]")?.addEventListener("click", () => input.click());
        let timer = 0;
        form.addEventListener("input", () => {
            clearTimeout(timer);
            timer = setTimeout(() => showCount(editor), 300);
        });
        showCount(editor);
    });
})();
