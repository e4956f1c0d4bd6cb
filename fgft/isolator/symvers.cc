// SPDX-License-Identifier: GPL-2.0
/* What the kernel and other modules export: Module.symvers. */
#include "symvers.h"

#include "text.h"

namespace isolator {

Result<Symvers> Symvers::load(const std::vector<std::string> &paths)
{
	Symvers symvers;

	for (const auto &path : paths) {
		auto lines = read_lines(path);

		if (!lines)
			return Error{lines.error()};
		for (size_t i = 0; i < lines.value().size(); i++) {
			auto words = split_words(lines.value()[i]);

			if (words.empty())
				continue;
			/* CRC, symbol, module, export type; a namespace may follow. */
			if (words.size() < 4 || words[0].compare(0, 2, "0x"))
				return Error{at_line(path, i + 1) + ": not a Module.symvers line: "
					     "give the file of the kernel's build directory"};
			symvers.symbols_.insert(words[1]);
		}
	}
	return symvers;
}

} // namespace isolator
