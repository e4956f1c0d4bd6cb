// SPDX-License-Identifier: GPL-2.0
// A Pegasus USB-Ethernet adapter for a virtual machine:
//
//	pegasus HOST CONTROL WIRE PEER PACE ADDRESS
//
// The first five are paths of unix sockets, which server.h explains; ADDRESS is
// what its EEPROM holds, as 52:54:00:46:47:01.  It ends when the connection to
// CONTROL does.

#include <cstdio>
#include <cstring>

#include "server.h"

int main(int argc, char **argv)
{
	fgft::usb::Address address = {};
	int end = 0;

	if (argc != 7 ||
	    std::sscanf(argv[6], "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &address[0], &address[1], &address[2], &address[3],
			&address[4], &address[5], &end) != 6 || argv[6][end]) {
		std::fprintf(stderr, "usage: pegasus HOST CONTROL WIRE PEER PACE ADDRESS\n");
		return 2;
	}
	fgft::usb::Server server({argv[1], argv[2], argv[3], argv[4], argv[5]}, address);
	const char *wrong = server.open();

	if (!wrong)
		wrong = server.run();
	if (wrong) {
		std::fprintf(stderr, "pegasus: error: %s: %s\n", wrong, std::strerror(errno));
		return 1;
	}
	return 0;
}
