"use strict";
// The text editor: HugeRTE, set up so that what is pasted from Word or WPS keeps its tables.
(() => {
    const root = document.querySelector("[data-editor-root]");
    const area = root?.querySelector("textarea");
    if (!area || !window.hugerte) return;

    const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;
    const upload = async (blob) => {
        const data = new FormData();
        data.append("file", blob.blob(), blob.filename());
        const answer = await fetch(root.dataset.upload, { method: "POST", body: data, headers: { "X-CSRFToken": token() } });
        const type = answer.headers.get("Content-Type") || "";
        if (!type.includes("json")) throw new Error(root.dataset.uploadFailed);
        const result = await answer.json();
        if (!answer.ok) throw new Error(`${result.error.message} ${result.error.fix}`);
        return result.location;
    };
    const aligned = (value) => ({ selector: "p,h2,h3,h4,h5,h6,td,th", classes: `align-${value}` });

    window.hugerte.init({
        target: area,
        base_url: root.dataset.base,
        suffix: ".min",
        language: "zh_Hans",
        language_url: `${root.dataset.base}/langs/zh_Hans.js`,
        plugins: "table lists link image code wordcount searchreplace fullscreen",
        toolbar: "undo redo | blocks | bold italic superscript subscript | alignleft aligncenter alignright alignjustify | bullist numlist outdent indent | table link image | searchreplace removeformat code fullscreen",
        toolbar_mode: "sliding",
        menubar: false,
        block_formats: "Paragraph=p;Heading 2=h2;Heading 3=h3;Heading 4=h4",
        formats: {
            alignleft: { selector: "p,h2,h3,h4,h5,h6,td,th", classes: "align-left" },
            aligncenter: aligned("center"),
            alignright: aligned("right"),
            alignjustify: aligned("justify"),
        },
        indentation: "2em",
        height: 560,
        min_height: 360,
        resize: false,
        elementpath: false,
        branding: false,
        promotion: false,
        contextmenu: false,
        browser_spellcheck: true,
        content_css: root.dataset.bodyCss,
        body_class: "body-text",
        iframe_aria_text: area.labels[0]?.textContent.trim(),
        paste_data_images: true,
        paste_webkit_styles: "text-align text-indent margin-left width",
        automatic_uploads: true,
        images_upload_handler: upload,
        image_dimensions: true,
        image_uploadtab: true,
        relative_urls: false,
        convert_urls: false,
        entity_encoding: "raw",
        table_default_attributes: {},
        table_default_styles: {},
        table_sizing_mode: "relative",
        setup: (editor) => {
            const form = area.form;
            editor.on("init", () => editor.save());
            editor.on("input change undo redo keyup", () => {
                editor.save();
                form.dispatchEvent(new Event("input"));
            });
            area.addEventListener("jiyue:restored", () => editor.setContent(area.value));
        },
    });
})();
