// SPDX-License-Identifier: GPL-2.0
/* /dev/edu0 for scripts: edu factorial|liveness|unknown|seek NUMBER. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../../../drivers/edu/edu.h"

static const struct {
	const char *name;
	unsigned long request;
} requests[] = {
	{ "factorial", EDU_IOC_FACTORIAL },
	{ "liveness", EDU_IOC_LIVENESS },
	{ "unknown", _IO('e', 99) },
	{ "seek", 0 },
	{ }
};

/* Prints the answer; exits with the errno. */
int main(int argc, char **argv)
{
	__u32 value;
	long result;
	int fd, i;

	for (i = 0; requests[i].name; i++)
		if (argc == 3 && !strcmp(argv[1], requests[i].name))
			break;
	if (!requests[i].name) {
		fprintf(stderr, "usage: edu factorial|liveness|unknown|seek NUMBER\n");
		return EXIT_FAILURE;
	}
	value = strtoul(argv[2], NULL, 0);

	fd = open("/dev/edu0", O_RDWR);
	if (fd < 0)
		result = -1;
	else if (requests[i].request)
		result = ioctl(fd, requests[i].request, &value);
	else
		result = lseek(fd, value, SEEK_SET);
	if (result < 0) {
		fprintf(stderr, "edu: %s\n", strerror(errno));
		return errno;
	}
	printf("%u\n", value);
	return EXIT_SUCCESS;
}
