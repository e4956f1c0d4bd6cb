// SPDX-License-Identifier: GPL-2.0
"use strict";

// Without this script every row is shown and commands are marked with a click.
{
	const form = document.getElementById("filter");
	const rows = form ? [...document.querySelectorAll("#trials tbody tr")] : [];

	const wanted = (row, fields, text) =>
		fields.every(([name, value]) => row.dataset[name] === value) &&
		row.textContent.toLowerCase().includes(text);

	const show = () => {
		const fields = [...form.querySelectorAll("select")]
			.filter((select) => select.value)
			.map((select) => [select.name, select.value]);
		const text = form.elements.text.value.trim().toLowerCase();
		let shown = 0;

		for (const row of rows) {
			row.hidden = !wanted(row, fields, text);
			shown += row.hidden ? 0 : 1;
		}
		form.querySelector("output").textContent = `${shown} of ${rows.length} shown`;
	};

	const copy = async (button) => {
		const code = button.parentElement.querySelector("code");

		try {
			await navigator.clipboard.writeText(code.textContent);
			button.textContent = "Copied";
		} catch {
			// A page from a file may not be let near the clipboard: mark it for the person.
			getSelection().selectAllChildren(code);
			button.textContent = "Marked";
		}
	};

	if (form) {
		form.hidden = false;
		form.addEventListener("input", show);
		form.addEventListener("submit", (event) => event.preventDefault());
		show();
		// A link to a trial shows it, whatever is filtered.
		addEventListener("hashchange", () => {
			const row = document.getElementById(location.hash.slice(1));

			if (row?.hidden) {
				form.reset();
				show();
				row.scrollIntoView();
			}
		});
	}
	for (const button of document.querySelectorAll("button.copy")) {
		button.hidden = false;
		button.addEventListener("click", () => copy(button));
	}
}
