/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What must be the same before and after a fault, as JSON: what the driver owns,
 * and the kernel's own books.
 */
#ifndef FGFT_GUEST_LOOK_H
#define FGFT_GUEST_LOOK_H

#include <glob.h>

#include <cstdlib>
#include <map>
#include <sstream>
#include <string>

#include "files.h"

namespace fgft {

// Has the kernel give back what it keeps for itself: /proc/slabinfo counts every
// object of a slab that a CPU has at hand as live.
inline void shrink_slab()
{
	glob_t found = {};

	if (glob("/sys/kernel/slab/kmalloc-*/shrink", 0, nullptr, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			write_text(found.gl_pathv[i], "1");
	globfree(&found);
}

// Bytes of live objects by cache.
inline std::map<std::string, int64_t> read_slab()
{
	shrink_slab();
	const std::string text = read_text("/proc/slabinfo");
	std::map<std::string, int64_t> caches;

	// Name, live objects, all objects, bytes of one; streams are slow under emulation.
	for (size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
		const size_t name = text.find(' ', at);
		char *next = nullptr;
		if (name >= end || text[at] == '#')
			continue;
		const int64_t active = std::strtoll(text.c_str() + name, &next, 10);
		std::strtoll(next, &next, 10);
		caches.emplace(text.substr(at, name - at), active * std::strtoll(next, &next, 10));
	}
	return caches;
}

inline int count_lines(const std::string &path, const std::string &with, const std::string &without)
{
	std::istringstream lines(read_text(path));
	std::string line;
	int count = 0;

	while (std::getline(lines, line))
		count += line.find(with) != std::string::npos && line.find(without) == std::string::npos;
	return count;
}

// What the driver owns; the same in a quiet moment before and after.
inline json read_resources(const std::string &module, const std::string &interrupt)
{
	const std::string home = "/sys/kernel/fgft/" + module;

	return {{"ranges", read_text(home + "/ranges")},
		{"areas", count_lines("/proc/vmallocinfo", "[" + module + "]", "dump_encode")},
		{"interrupts", count_lines("/proc/interrupts", interrupt, "\n")},
		{"references", read_text("/sys/module/" + module + "/refcnt")}};
}

} // namespace fgft

#endif /* FGFT_GUEST_LOOK_H */
