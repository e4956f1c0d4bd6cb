// SPDX-License-Identifier: GPL-2.0
/*
 * Print the kernel's events for some seconds: uevents <seconds>
 *
 * A line a field, an empty line behind each event.
 */
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT);
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	char buffer[8192];
	time_t end;

	if (argc != 2 || fd < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		perror("uevents");
		return 1;
	}
	end = time(NULL) + atoi(argv[1]);
	while (time(NULL) < end) {
		ssize_t size, at;

		if (poll(&wait, 1, 200) <= 0)
			continue;
		size = recv(fd, buffer, sizeof(buffer) - 1, 0);
		if (size <= 0)
			continue;
		buffer[size] = '\0';
		for (at = 0; at < size; at += strlen(buffer + at) + 1)
			puts(buffer + at);
		putchar('\n');
	}
	return 0;
}
