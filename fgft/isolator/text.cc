// SPDX-License-Identifier: GPL-2.0
/* Reading of line-oriented input files and small string helpers. */
#include "text.h"

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

namespace isolator {

Result<std::vector<std::string>> read_lines(const std::string &path)
{
	std::ifstream in(path);
	std::vector<std::string> lines;
	std::string line;

	if (!in)
		return Error{"cannot read " + path + ": " + std::strerror(errno)};
	while (std::getline(in, line)) {
		if (!line.empty() && line.back() == '\r')
			line.pop_back();
		lines.push_back(line);
	}
	/* getline stops the same way at the end and at a directory or I/O error. */
	if (in.bad())
		return Error{"cannot read " + path + ": is it a file?"};
	return lines;
}

std::vector<std::string> split_words(const std::string &line)
{
	std::istringstream in(line.substr(0, line.find('#')));
	std::vector<std::string> words;
	std::string word;

	while (in >> word)
		words.push_back(word);
	return words;
}

std::optional<uint64_t> parse_number(const std::string &word)
{
	char *end = nullptr;

	if (word.empty() || !std::isdigit(static_cast<unsigned char>(word[0])))
		return std::nullopt;
	errno = 0;
	uint64_t value = std::strtoull(word.c_str(), &end, 0);
	if (errno || *end)
		return std::nullopt;
	return value;
}

std::string squeeze_blanks(const std::string &text)
{
	std::istringstream in(text);
	std::string out, word;

	while (in >> word)
		out += (out.empty() ? "" : " ") + word;
	return out;
}

std::string at_line(const std::string &path, size_t line)
{
	return path + ":" + std::to_string(line);
}

} // namespace isolator
