// SPDX-License-Identifier: GPL-2.0
/*
 * fgft-decode: print the device coredump of a fault.
 *
 *	fgft-decode [--json] <file>		"-" is standard input
 *
 * Ends with 0, with 1 if the dump is damaged (what can be read is printed), or
 * with 2 if it is none or the command line is wrong.
 */
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "dump_file.h"
#include "print.h"

namespace {

const int exit_damaged = 1, exit_useless = 2;
const size_t largest = 1 << 20; /* dumps have some ten kilobytes */

/* The file's bytes; false, with errno, if it cannot be read. */
bool read_file(const std::string &name, std::string &bytes)
{
	FILE *file = name == "-" ? stdin : fopen(name.c_str(), "rb");
	char buffer[4096];
	size_t size;

	if (!file)
		return false;
	while (bytes.size() < largest && (size = fread(buffer, 1, sizeof(buffer), file)) > 0)
		bytes.append(buffer, size);

	const bool good = !ferror(file);

	if (file != stdin)
		fclose(file);
	return good;
}

int usage()
{
	fprintf(stderr, "usage: fgft-decode [--json] <file>\n");
	return exit_useless;
}

} // namespace

int main(int argc, char **argv)
{
	std::string name, bytes;
	bool json = false;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json"))
			json = true;
		else if (!name.empty() || (argv[i][0] == '-' && argv[i][1]))
			return usage();
		else
			name = argv[i];
	}
	if (name.empty())
		return usage();
	if (!read_file(name, bytes)) {
		fprintf(stderr, "fgft-decode: error: %s: %s\n", name.c_str(), strerror(errno));
		return exit_useless;
	}

	const fgft::Parsed parsed = fgft::parse_dump(bytes);

	if (!parsed.dump) {
		fprintf(stderr,
			"fgft-decode: error: %s: %s: take it from /sys/class/devcoredump/devcd*/data\n",
			name.c_str(), parsed.error.c_str());
		return exit_useless;
	}
	fputs((json ? fgft::to_json(*parsed.dump) : fgft::to_text(*parsed.dump)).c_str(), stdout);
	return parsed.dump->damage.empty() ? 0 : exit_damaged;
}
