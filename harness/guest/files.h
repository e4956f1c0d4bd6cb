/* SPDX-License-Identifier: GPL-2.0 */
/* Small files of sysfs and /proc: read whole, written whole, "key: value" lines. */
#ifndef FGFT_GUEST_FILES_H
#define FGFT_GUEST_FILES_H

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

#include <nlohmann/json.hpp>

namespace fgft {

using nlohmann::json;

inline std::string read_text(const std::string &path)
{
	std::array<char, 8192> block;
	const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
	std::string text;

	if (fd < 0)
		return text;
	for (;;) {
		const ssize_t got = read(fd, block.data(), block.size());
		if (got <= 0)
			break;
		text.append(block.data(), static_cast<size_t>(got));
	}
	close(fd);
	return text;
}

inline bool write_text(const std::string &path, const std::string &text)
{
	const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	const bool done = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
	close(fd);
	return done;
}

inline uint64_t read_number(const std::string &path)
{
	return std::strtoull(read_text(path).c_str(), nullptr, 10);
}

// The value of "key: value" in a file of such lines.
inline std::string value_of(const std::string &text, const std::string &key)
{
	size_t at = text.rfind(key + ": ", 0) == 0 ? 0 : text.find("\n" + key + ": ");

	if (at == std::string::npos)
		return "";
	at = text.find(": ", at) + 2;
	return text.substr(at, text.find('\n', at) - at);
}

inline json pairs_of(const std::string &text)
{
	json pairs = json::object();
	size_t at = 0;

	while (at < text.size()) {
		size_t end = text.find('\n', at);
		if (end == std::string::npos)
			end = text.size();
		const size_t colon = text.find(": ", at);
		if (colon != std::string::npos && colon < end)
			pairs[text.substr(at, colon - at)] = text.substr(colon + 2, end - colon - 2);
		at = end + 1;
	}
	return pairs;
}

} // namespace fgft

#endif /* FGFT_GUEST_FILES_H */
