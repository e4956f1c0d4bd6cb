// SPDX-License-Identifier: GPL-2.0
/* Reading of line-oriented input files and small string helpers. */
#ifndef ISOLATOR_TEXT_H
#define ISOLATOR_TEXT_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "result.h"

namespace isolator {

/* The lines of @path without their newline. */
Result<std::vector<std::string>> read_lines(const std::string &path);

/* Words of @line separated by blanks; a # starts a comment. */
std::vector<std::string> split_words(const std::string &line);

/* C notation (0x..., decimal); nothing if any character is left over. */
std::optional<uint64_t> parse_number(const std::string &word);

/* Runs of blanks, tabs and newlines become one blank; none at the ends. */
std::string squeeze_blanks(const std::string &text);

/* "path:line" for messages. */
std::string at_line(const std::string &path, size_t line);

} // namespace isolator

#endif
